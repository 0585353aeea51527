import { join } from 'node:path';
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
      'Put a repository that your tools made and signed here, and install from it:',
      `  ${join(settings.publishedDir, example.folder)}/`,
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

/** A path of the catalogue that a client would really ask for. */
function exampleOf(components: readonly Component[]): {
  component: string;
  folder: string;
  url: string;
} {
  for (const { name, series, rpm, deb } of components) {
    if (rpm) {
      const folder = `rpm/${name}/${series.at(-1)}/${rpm.targets.at(1) ?? rpm.targets[0]}`;
      return { component: name, folder, url: `/${folder}/repodata/repomd.xml` };
    }
    if (deb) {
      const folder = `deb/${name}/${series.at(-1)}`;
      return { component: name, folder, url: `/${folder}/dists/${deb.distributions[0]}/InRelease` };
    }
  }
  return { component: components[0]?.name ?? 'core', folder: '', url: '/v2/' };
}
