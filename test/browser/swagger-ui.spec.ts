import type { Browser, Page } from 'puppeteer-core';
import { ask, statusOf } from '../support/ask.js';
import { install, type Installation } from '../support/installation.js';
import { startChromium } from './support/chromium.js';
import { openPage, type OpenPage } from './support/open-page.js';

let packyard: Installation;
let browser: Browser;
let docs: OpenPage;
beforeAll(async () => {
  packyard = await install({ env: { PACKYARD_CONFIG: 'config/packyard.yml' } });
  browser = await startChromium();
  docs = await openPage(browser, `${packyard.admin}/docs`);
});
afterAll(async () => {
  await browser?.close();
  await packyard?.remove();
});

/** Opens an operation, presses "Try it out" and "Execute", and reads what the page shows of the answer. */
async function tryOut(page: Page, operationId: string, parameters: Record<string, string> = {}) {
  const block = `[id$="-${operationId}"]`;
  const opened = await page.$(`${block}.is-open`);
  if (!opened) {
    await page.click(`${block} .opblock-summary-control`);
    await (await page.waitForSelector(`${block} .try-out__btn`))!.click();
  }
  for (const [name, value] of Object.entries(parameters)) {
    const input = (await page.waitForSelector(`${block} tr[data-param-name="${name}"] input`))!;
    await input.click({ count: 3 });
    await input.type(value);
  }
  await (await page.$(`${block} .btn-clear`))?.click(); // what was answered before
  const before = docs.requested.length;
  await page.click(`${block} .execute`);
  await page.waitForSelector(`${block} .live-responses-table tbody`);
  const shown = (part: string) =>
    page.$eval(`${block} .live-responses-table ${part}`, (element) => element.textContent);
  const status = Number.parseInt((await shown('tbody .response-col_status')) ?? '', 10);
  const body = status === 204 ? '' : await shown('tbody .highlight-code code');
  return { status, body: body && JSON.parse(body), requests: docs.requested.slice(before) };
}

describe('Swagger UI', () => {
  it('loads without a fault, and asks this listener alone', () => {
    expect(docs.problems).toEqual([]);
    expect(docs.requested.length).toBeGreaterThan(3);
    for (const url of docs.requested) expect(url).toMatch(`${packyard.admin}/`);
  });

  it('groups what there is, and says what each group is for', async () => {
    const groups = await docs.page.$$eval('.opblock-tag', (tags) =>
      tags.map((tag) => [
        tag.getAttribute('data-tag'),
        tag.querySelector('small')?.textContent?.trim(),
      ]),
    );
    expect(groups.length).toBeGreaterThanOrEqual(2);
    expect(groups[0]![0]).toBe('keys');
    for (const [, description] of groups) expect(description).toMatch(/\w+.*[.?]$/);
  });

  it('links to no other site', async () => {
    const links = await docs.page.$$eval('a[href]', (anchors) =>
      anchors.filter((anchor) => anchor.checkVisibility()).map((anchor) => anchor.href),
    );
    expect(links.filter((href) => !href.startsWith(packyard.admin))).toEqual([]);
  });

  it('makes a key as its first example stands, shows it, and revokes it', async () => {
    const made = await tryOut(docs.page, 'createKey');
    expect(made).toMatchObject({ status: 201, body: { label: 'Acme Corp — Core' } });
    const { id, key } = made.body;
    await ask(packyard.auth, key).expect(200);

    const shown = await tryOut(docs.page, 'getKey', { id });
    expect(shown).toMatchObject({ status: 200, body: { id, state: 'active' } });

    expect(await tryOut(docs.page, 'revokeKey', { id })).toMatchObject({ status: 204 });
    expect(await statusOf(packyard.auth, key)).toBe(401);
    for (const { requests } of [made, shown]) expect(requests).toHaveLength(1);
  });

  it('shows an error as the API words it', async () => {
    const id = '11111111-1111-4111-8111-111111111111';
    const { status, body } = await tryOut(docs.page, 'getKey', { id });
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'KEY_NOT_FOUND', message: expect.stringContaining(id) });
  });
});
