import { readFileSync } from 'node:fs';
import { TOOL_PACKAGES } from './tool-packages.js';

it.each([...new Set<string>(Object.values(TOOL_PACKAGES))])('the image has %s', (debianPackage) => {
  const [, installed = ''] =
    /apt-get install ([^&]*)&&/.exec(readFileSync('deploy/Dockerfile', 'utf8')) ?? [];
  // aptly is newer than Debian 12's: install-aptly.sh installs it
  expect([...installed.split(/[\s\\]+/), 'aptly']).toContain(debianPackage);
});
