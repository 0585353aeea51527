import type { Browser, Page } from 'puppeteer-core';

export interface PageOptions {
  /** CSS pixels; 360 is the narrowest phone that we care for. */
  width?: number;
  height?: number;
  scheme?: 'light' | 'dark';
}

/** A tab, and what happened in it since it was opened. */
export interface OpenPage {
  readonly page: Page;
  /** Every URL that it asked for, `data:` and `blob:` aside. */
  readonly requested: string[];
  /** Errors of the page and of the console: scripts that threw, what a Content-Security-Policy refused. */
  readonly problems: string[];
}

/** Opens a URL in a new tab and waits until it asks for nothing more. */
export async function openPage(
  browser: Browser,
  url: string,
  { width = 1280, height = 900, scheme = 'light' }: PageOptions = {},
): Promise<OpenPage> {
  const page = await browser.newPage();
  const requested: string[] = [];
  const problems: string[] = [];
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url())) requested.push(request.url());
  });
  page.on('requestfailed', (request) =>
    problems.push(`${request.url()}: ${request.failure()?.errorText}`),
  );
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warn', 'issue'].includes(message.type())) problems.push(message.text());
  });
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(url, { waitUntil: 'networkidle0' });
  return { page, requested, problems };
}
