import type { Component } from '../components/catalogue.js';
import type { Settings } from '../config/settings.js';
import type { Listeners } from './open-listeners.js';

/** What a person who has just started Packyard does next, in commands to paste. */
export function nextSteps(
  settings: Settings,
  listeners: Listeners,
  components: readonly Component[],
): string {
  const admin = listeners.urlOf('admin');
  const gateway = listeners.urlOf('gateway');
  const example = exampleOf(components);
  const lines = ['', 'Packyard is running. Ctrl-C stops it, the database too.', ''];

  if (admin) {
    lines.push(
      'Make a key; the answer shows it once, as "key":',
      `  curl -s -X POST ${admin}/api/v1/keys -H 'Content-Type: application/json' \\`,
      `    -d '{"component": "${example.component}", "label": "Acme Corp"}'`,
      '',
    );
  }
  if (gateway) {
    const url = settings.publicUrl || gateway;
    lines.push(
      'Use it (404 until a package is there, 401 without it):',
      `  curl -sI -u subscriber:KEY ${url}${example.url}`,
      '',
      'Stage a package and promote it; then install from it with what the key’s "setup" says:',
      `  STAGING_URL=${stagingUrl(settings)} scripts/stage-artifact.sh ${example.destination} FILE`,
      `  STAGING_URL=${stagingUrl(settings)} bin/packyard promote ${example.destination}`,
      '',
    );
  }
  const places: [string, string | undefined][] = [
    ['Packages', gateway],
    ['Signing key', gateway && `${gateway}/gpg/lts.asc`],
    ['Admin API', admin && `${admin}/docs`],
    ['Asked by Traefik', suffixed(listeners.urlOf('auth'), '/auth')],
    ['Metrics', suffixed(listeners.urlOf('metrics'), '/metrics')],
  ];
  for (const [name, url] of places) if (url) lines.push(`${name.padEnd(17)} ${url}`);
  return `${lines.join('\n')}\n\n`;
}

function suffixed(url: string | undefined, path: string): string | undefined {
  return url && url + path;
}

/** A destination of the catalogue, as the command line takes it, and what a client would ask for there. */
function exampleOf(components: readonly Component[]): {
  component: string;
  destination: string;
  url: string;
} {
  for (const { name: component, series, rpm, deb } of components) {
    const newest = series.at(-1);
    if (rpm) {
      const target = rpm.targets.at(1) ?? rpm.targets[0];
      const destination = `${component} ${newest} rpm ${target}`;
      const url = `/rpm/${component}/${newest}/${target}/repodata/repomd.xml`;
      return { component, destination, url };
    }
    if (deb) {
      const [distribution] = deb.distributions;
      const destination = `${component} ${newest} deb ${distribution}-all`;
      return {
        component,
        destination,
        url: `/deb/${component}/${newest}/dists/${distribution}/InRelease`,
      };
    }
  }
  const component = components[0]?.name ?? 'core';
  return { component, destination: `${component} SERIES FORMAT TARGET`, url: '/v2/' };
}

/** As both commands take it; an S3 server wants credentials besides. */
function stagingUrl({ staging }: Settings): string {
  return staging.kind === 'folder'
    ? staging.folder
    : `s3://${staging.bucket}?endpoint=${staging.endpoint}`;
}
