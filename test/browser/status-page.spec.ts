import type { Browser, SerializedAXNode } from 'puppeteer-core';
import request from 'supertest';
import type { Installation } from '../support/installation.js';
import { accessibilityViolations } from './support/accessibility.js';
import { HOSTILE_LABEL, installBusy } from './support/busy-installation.js';
import { startChromium } from './support/chromium.js';
import { openPage, type OpenPage, type PageOptions } from './support/open-page.js';
import { textOf, texts } from './support/page-text.js';
import { takePicture } from './support/take-picture.js';

let packyard: Installation;
let browser: Browser;

beforeAll(async () => {
  packyard = await installBusy();
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await packyard?.remove();
});

const open = (options?: PageOptions): Promise<OpenPage> =>
  openPage(browser, `${packyard.admin}/`, options);
const status = async () => (await request(packyard.admin).get('/api/v1/status').expect(200)).body;
const flatten = (node: SerializedAXNode | null): SerializedAXNode[] =>
  node ? [node, ...(node.children ?? []).flatMap(flatten)] : [];
const count = (number: number) => number.toLocaleString('en-GB');

describe('the status page', () => {
  it('shows what the API says', async () => {
    const { page } = await open();
    const { version, warnings, keys, requests, promotions, components, health } = await status();

    expect(await textOf(page, '#state')).toContain('Needs attention');
    expect(await textOf(page, '#version')).toContain(`Version ${version}`);
    expect(await texts(page, '#warnings li > span:last-child')).toEqual(
      warnings.map(({ message }: { message: string }) => message),
    );
    expect(await texts(page, '#key-counts dd')).toEqual(
      [keys.active, keys.expired, keys.revoked].map(String),
    );
    expect(await texts(page, '#expiring-keys th')).toEqual(
      keys.expiring.map(({ label }: { label: string }) => label),
    );
    expect(await texts(page, '#components h3')).toEqual(
      components.map(({ name, visibility }: Record<string, string>) => `${name} ${visibility}`),
    );
    expect(await texts(page, '#components .chip.ok')).toEqual(['✓el9-x86_643 days ago']);
    expect(await texts(page, '#components .chip.warning')).toEqual([
      expect.stringMatching(/^!bookworm.*, not signed$/),
    ]);
    const kinds = ['allowed', 'allowed_public', 'denied', 'error'];
    const sum = (kind: string) =>
      requests.by_hour.reduce(
        (total: number, hour: Record<string, number>) => total + hour[kind]!,
        0,
      );
    expect(sum('allowed')).toBeGreaterThan(1000);
    expect(await texts(page, '#legend strong')).toEqual(kinds.map((kind) => count(sum(kind))));
    expect(await texts(page, '#denials li')).toEqual(
      requests.denied_today.map(
        (denial: { reason: string; requests: number }) =>
          `${denial.reason}${count(denial.requests)}`,
      ),
    );
    expect(await texts(page, '#promotion-rows th')).toEqual(
      promotions.map(({ publication }: { publication: string }) => publication),
    );
    expect(await texts(page, '#promotion-rows td:nth-of-type(2)')).toEqual([
      '–queued',
      '✕failedPACKAGE_WITHDRAWN',
      '✓live',
    ]);
    expect(await texts(page, '#promotion-rows td.number')).toEqual(['2, unsigned 1', '0', '0']);
    expect(await texts(page, '#health dt')).toContain('Backup');
    expect(await texts(page, '#health dd.warning')).toContain(
      '!needs attention: restored to try it 2 hours agoon this host alone, encrypted',
    );
    expect(await texts(page, '#process-rows th')).toEqual(
      health.auth_processes.processes.map(({ id }: { id: string }) => id.slice(0, 8)),
    );
  });

  it('draws as many requests as there were, and has them in words and in a table', async () => {
    const { page } = await open();
    const { by_hour: hours } = (await status()).requests;

    const heights = await page.$$eval('.hour', (bars) =>
      bars.map((bar) =>
        [...bar.querySelectorAll('rect:not(:last-child)')].reduce(
          (sum, each) => sum + Number(each.getAttribute('height')),
          0,
        ),
      ),
    );
    const totals: number[] = hours.map((hour: Record<string, number>) =>
      ['allowed', 'allowed_public', 'denied', 'error'].reduce((sum, kind) => sum + hour[kind]!, 0),
    );
    expect(heights).toHaveLength(24);
    const pixelsEach = heights[23]! / totals[23]!;
    heights.forEach((height, index) => {
      // A part is a pixel high at least, so that one of many is still seen.
      expect(Math.abs(height - totals[index]! * pixelsEach)).toBeLessThan(4);
    });
    const all = totals.reduce((sum, each) => sum + each, 0);
    const words = await page.$eval('#chart svg', (svg) => svg.getAttribute('aria-label'));
    expect(words).toContain(`${count(all)} requests in the last 24 hours`);
    const cells = await page.$$eval('#hours tr', (rows) =>
      rows.map((each) => [...each.querySelectorAll('td')].map((cell) => cell.textContent)),
    );
    expect(cells).toEqual(
      hours.map((hour: Record<string, number>) =>
        ['allowed', 'allowed_public', 'denied', 'error'].map((kind) => count(hour[kind]!)),
      ),
    );
  });

  it('takes a label for text, whatever it holds', async () => {
    const { page, requested, problems } = await open();
    expect(await texts(page, '#expiring-keys th')).toContain(HOSTILE_LABEL);
    expect(await page.$$('main img, main script')).toEqual([]);
    expect(await page.title()).toMatch(/^\(\d+\) Packyard status$/);
    expect(problems).toEqual([]);
    expect(requested.filter((url) => new URL(url).origin !== packyard.admin)).toEqual([]);
  });

  it('cannot be made to run or load what it did not bring', async () => {
    const { page } = await open();
    const refused = await page.evaluate(`(async () => {
      const refused = [];
      document.addEventListener('securitypolicyviolation', (event) =>
        refused.push(event.effectiveDirective),
      );
      const image = document.createElement('img');
      image.src = 'http://elsewhere.example/pixel';
      const style = document.createElement('style');
      style.textContent = 'body { display: none }';
      document.body.append(image, style);
      try {
        document.body.insertAdjacentHTML('beforeend', '<b>markup</b>');
      } catch {
        refused.push('markup');
      }
      await fetch('http://elsewhere.example/').catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return refused;
    })()`);
    expect(refused).toEqual(
      expect.arrayContaining(['img-src', 'style-src-elem', 'markup', 'connect-src']),
    );
  });

  it('is reached with the keyboard alone, in the order in which it reads', async () => {
    const { page } = await open();
    const reached: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(`(() => {
        const { activeElement } = document;
        const name = activeElement.getAttribute('href') ?? activeElement.id;
        return (name || activeElement.tagName) + ' ' + getComputedStyle(activeElement).outlineStyle;
      })()`);
      reached.push(focused);
    }
    expect(reached).toEqual([
      '/docs solid',
      '/api/v1/status solid',
      'SUMMARY solid',
      'promotions-table solid',
      'expiring solid',
      'processes solid',
    ]);

    await page.focus('summary');
    await page.keyboard.press('Enter');
    expect(await page.$eval('#hours', (body) => body.checkVisibility())).toBe(true);
  });

  it('is told by its landmarks and headings', async () => {
    const { page } = await open();
    const nodes = flatten(await page.accessibility.snapshot({ interestingOnly: false }));
    const named = (role: string) =>
      nodes.filter((each) => each.role === role).map(({ name }) => name);

    expect(named('heading')).toEqual([
      'Packyard',
      'Needs attention',
      'Requests, last 24 hours',
      'Denied today, by reason',
      'Components and what is published',
      'core private',
      'minion private',
      'open public',
      'Promotions',
      'Keys',
      'Expiring within 30 days',
      'Health',
      'Processes that decide',
    ]);
    expect(named('navigation')).toEqual(['Elsewhere']);
    expect(named('main')).toHaveLength(1);
    expect(named('table')).toEqual([
      'The last of each publication, and how many are on their way',
      '3 keys, the soonest first',
      expect.stringMatching(/^The newest change is \d+/),
    ]);
    expect(named('status')).toHaveLength(1);
    expect(named('image')).toEqual([expect.stringContaining('requests in the last 24 hours')]);
  });

  it.each([
    ['wide', 'light', 1280],
    ['wide', 'dark', 1280],
    ['phone', 'light', 360],
    ['phone', 'dark', 360],
  ] as const)('is accessible and fits on a %s screen, %s', async (screen, scheme, width) => {
    const { page, problems } = await open({ width, scheme });
    await page.click('summary');
    expect(await accessibilityViolations(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    const brightness = Number(/\d+/.exec(String(ground))?.[0]);
    expect(brightness > 128).toBe(scheme === 'light');
    expect(problems).toEqual([]);
    await takePicture(page, `status-${screen}-${scheme}`);
  });
});
