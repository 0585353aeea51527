import { readFileSync } from 'node:fs';
import { TOOL_PACKAGES } from './tool-packages.js';

/** Signatures of images are made by CI and by tests; no package of Debian 12 has cosign. */
const NOT_ON_THE_SERVER = ['cosign'];

it.each(
  [...new Set<string>(Object.values(TOOL_PACKAGES))].filter(
    (name) => !NOT_ON_THE_SERVER.includes(name),
  ),
)('the image has %s', (debianPackage) => {
  const [, installed = ''] =
    /apt-get install ([^&]*)&&/.exec(readFileSync('deploy/Dockerfile', 'utf8')) ?? [];
  // aptly is newer than Debian 12's: install-aptly.sh installs it
  expect([...installed.split(/[\s\\]+/), 'aptly']).toContain(debianPackage);
});
