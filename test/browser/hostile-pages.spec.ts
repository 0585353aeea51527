import type { Browser, Page } from 'puppeteer-core';
import { adminApi } from '../support/admin-api.js';
import { install, type Installation } from '../support/installation.js';
import { until } from '../support/until.js';
import { startChromium } from './support/chromium.js';
import { openPage } from './support/open-page.js';
import { HOSTILE_PAGE, startHostileServer, type HostileServer } from './support/hostile-server.js';

let packyard: Installation;
let browser: Browser;
let site: HostileServer;
let victim: { id: string };
beforeAll(async () => {
  packyard = await install();
  victim = await packyard.createKey({ component: 'core', label: 'victim' });
  site = await startHostileServer();
  browser = await startChromium({ names: ['evil.example'] });
});
afterAll(async () => {
  await browser?.close();
  site?.close();
  await packyard?.remove();
});

const CHANGES = [
  'a form, urlencoded',
  'a form, multipart',
  'a form, with JSON as text',
  'a fetch of JSON',
  'a fetch of JSON as text',
  'a fetch of JSON of no type',
  'a fetch that wants no answer',
  'a fetch that outlives the page',
  'a fetch without a body',
  'a fetch without a body that wants no answer',
  'a DELETE',
  'a PATCH',
  'a beacon of text',
  'a beacon of a form',
];
const READINGS = [
  'a fetch',
  'a fetch that wants no answer',
  'a stream of events',
  'a picture',
  'a script',
  'keys as a script',
  'a style',
  'a window that it opened',
];

/** What the page came to: what it read, or why it could not. */
async function attack(page: Page, kind: 'changes' | 'readings', name: string, target: string) {
  const call = `Promise.resolve(${kind}[${JSON.stringify(name)}]("${target}", "${victim.id}"))`;
  return page.evaluate(`${call}.then(String, (error) => 'failed: ' + error.message)`);
}

async function open(url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  return page;
}

const refused = () =>
  packyard.logs.filter(({ msg }) => msg === 'request refused').map(({ code }) => code);

async function nothingHasChanged() {
  const { body } = await adminApi(packyard.admin).get('/api/v1/keys?limit=500').expect(200);
  expect(body).toEqual([expect.objectContaining({ label: 'victim', state: 'active' })]);
}

describe.each([
  ['of another site', 'evil.example'],
  ['on another port of this machine', '127.0.0.1'],
  ['on another port of this machine, by name', 'localhost'],
])('a page %s', (_, host) => {
  let page: Page;
  beforeAll(async () => {
    page = await open(`http://${host}:${site.port}/`);
  });
  afterAll(() => page.close());

  it.each(CHANGES)('changes nothing by %s', async (name) => {
    const before = refused().length;
    await attack(page, 'changes', name, packyard.admin);
    await until(() => refused().length > before);
    expect(refused().slice(before)).toEqual(['FOREIGN_ORIGIN']);
    await nothingHasChanged();
  });

  it.each(READINGS)('reads nothing by %s', async (name) => {
    expect(await attack(page, 'readings', name, packyard.admin)).toMatch(/^(failed: .*|)$/);
  });

  it.each(['/docs', '/api/v1/keys', '/'])('shows %s in no frame', async (path) => {
    const { page: framing, problems } = await openPage(browser, `http://${host}:${site.port}/`);
    await framing.evaluate(`document.querySelector('iframe').src = "${packyard.admin}${path}"`);
    await until(() => problems.some((problem) => problem.includes("frame-ancestors 'none'")));
    await framing.close();
  });
});

describe('a page whose name leads to us by now (DNS rebinding)', () => {
  let page: Page;
  let origin: string;
  beforeAll(async () => {
    origin = `http://evil.example:${new URL(packyard.admin).port}`;
    page = await browser.newPage();
    await page.setRequestInterception(true);
    page.on('request', (asked) => {
      if (asked.url() !== `${origin}/rebound`) return void asked.continue();
      // Loaded while the name still led to the attacker.
      return void asked.respond({ contentType: 'text/html', body: HOSTILE_PAGE });
    });
    await page.goto(`${origin}/rebound`);
  });
  afterAll(() => page.close());

  it.each(CHANGES)('changes nothing by %s', async (name) => {
    const before = refused().length;
    await attack(page, 'changes', name, origin);
    await until(() => refused().length > before);
    expect(new Set(refused().slice(before))).toEqual(new Set(['FOREIGN_HOST']));
    await nothingHasChanged();
  });

  it.each(READINGS)('reads nothing by %s', async (name) => {
    const before = refused().length;
    const read = await attack(page, 'readings', name, origin);
    await until(() => refused().length > before);
    expect(new Set(refused().slice(before))).toEqual(new Set(['FOREIGN_HOST']));
    expect(read).not.toContain('victim');
  });
});

describe('the same page', () => {
  it.each(CHANGES)('would reach a listener without a guard by %s', async (name) => {
    const other = await startHostileServer();
    const page = await open(`http://evil.example:${site.port}/`);
    await attack(page, 'changes', name, `http://127.0.0.1:${other.port}`);
    await until(() => other.received.length > 0);
    expect(other.received[0]).toMatch(/forged|^POST .*\/reload |^OPTIONS /s);
    await page.close();
    other.close();
  });
});
