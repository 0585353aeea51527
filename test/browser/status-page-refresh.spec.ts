import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'puppeteer-core';
import request from 'supertest';
import { proxyTo } from '../support/database-proxy.js';
import { install, type Installation } from '../support/installation.js';
import { until } from '../support/until.js';
import { accessibilityViolations } from './support/accessibility.js';
import { startChromium } from './support/chromium.js';
import { openPage } from './support/open-page.js';
import { textOf, texts } from './support/page-text.js';

let packyard: Installation;
let browser: Browser;

beforeAll(async () => {
  packyard = await install();
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await packyard?.remove();
});

describe('the status page, as time goes by', () => {
  it('reads again, and says only what has changed', async () => {
    const { page, requested } = await openPage(browser, `${packyard.admin}/`);
    const before = requested.length;
    await page.evaluate(`
      globalThis.said = [];
      const live = document.getElementById('announcement');
      new MutationObserver(() => said.push(live.textContent)).observe(live, { childList: true });
    `);
    await packyard.createKey({ component: 'core', label: 'made meanwhile' });
    const { body } = await request(packyard.admin).get('/api/v1/status').expect(200);
    await page.waitForFunction(
      `document.querySelector('#key-counts dd').textContent === '${body.keys.active}'`,
      { timeout: 20_000 },
    );
    expect(requested.slice(before)).toEqual([`${packyard.admin}/api/v1/status`]);
    expect(await page.evaluate('said')).toEqual([]);
  });

  it('asks nothing while nobody looks', async () => {
    const { page, requested } = await openPage(browser, `${packyard.admin}/`);
    const setHidden = (hidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      `);
    await setHidden(true);
    const before = requested.length;
    await sleep(16_000);
    expect(requested).toHaveLength(before);
    await setHidden(false);
    await until(() => requested.length === before + 1);
  });

  it('keeps what it has when there is no answer, and says so', async () => {
    const own = await packyard.startAnother();
    const { page } = await openPage(browser, `${own.admin}/`);
    const keys = await textOf(page, '#key-counts');
    await own.stop();
    await page.waitForSelector('#unreachable', { visible: true, timeout: 20_000 });
    expect(await textOf(page, '#unreachable')).toMatch(
      /^Packyard does not answer\. What is below was read at \d\d:\d\d:\d\d\./,
    );
    expect(await textOf(page, '#announcement')).toContain('Packyard does not answer');
    expect(await textOf(page, '#key-counts')).toBe(keys);
    expect(await accessibilityViolations(page)).toEqual([]);
  });
});

it('says what is not known while the database does not answer', async () => {
  const proxy = await proxyTo(packyard.database.url);
  const own = await packyard.startAnother({ DATABASE_URL: proxy.url });
  proxy.cut();
  const { page, problems } = await openPage(browser, `${own.admin}/`);
  const unknown = 'Not known while the database does not answer.';
  expect(await textOf(page, '#state')).toContain('Critical');
  expect(await textOf(page, '#keys-missing')).toBe(unknown);
  expect(await textOf(page, '#requests-missing')).toBe(unknown);
  expect(await textOf(page, '#processes-missing')).toBe(unknown);
  expect(await texts(page, '#components h3')).toHaveLength(3);
  expect(await accessibilityViolations(page)).toEqual([]);
  expect(problems).toEqual([]);
  proxy.restore();
  await own.stop();
  await proxy.close();
});
