import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { launch, type Browser } from 'puppeteer-core';

/** Under which names distributions install it, Debian's first. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * Starts a headless Chromium of a test file's own, with an empty profile that `close()` removes.
 * It reaches nothing but loopback, whatever a page asks for; `names` are names of loopback too.
 *
 * @throws Error that says what to install where there is no Chromium
 */
export async function startChromium({ names = [] as string[] } = {}): Promise<Browser> {
  const named = names.map((name) => `MAP ${name} 127.0.0.1, `).join('');
  const args = [
    '--disable-dev-shm-usage',
    `--host-resolver-rules=${named}MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`,
  ];
  // Chromium keeps pages that it did not load from loopback away from it. Not every browser does, and
  // a test with hostile names is of what we refuse.
  if (names.length > 0) args.push('--disable-features=LocalNetworkAccessChecks');
  // As root, as in a container, Chromium refuses to start with its sandbox.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  return launch({ executablePath: findChromium(), headless: true, args });
}

/** @throws Error that says what to install */
export function findChromium(path = process.env.PATH ?? ''): string {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = candidates.find(isExecutable);
  if (found) return found;
  throw new Error(
    'No Chromium is on the PATH. Install the Debian package `chromium`: as root, run scripts/ci/install-browser.sh.',
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
