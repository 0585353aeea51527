import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'puppeteer-core';
import { accessibilityViolations } from './support/accessibility.js';
import { findChromium, startChromium } from './support/chromium.js';
import { openPage } from './support/open-page.js';

/** What the other tests of this tier rely on: that a page with faults is seen to have them. */
describe('a page with faults', () => {
  let browser: Browser;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.setHeader('Content-Security-Policy', "script-src 'none'");
      response.end(
        '<title>Faulty</title><img src="http://elsewhere.example/pixel"><script>run()</script>',
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('is seen to ask another host, which it does not reach, and to break its policy', async () => {
    const { requested, problems } = await openPage(browser, url);

    expect(requested).toContain('http://elsewhere.example/pixel');
    expect(problems.join('\n')).toContain('ERR_NAME_NOT_RESOLVED');
    expect(problems.join('\n')).toContain('Content Security Policy');
  });

  it('is seen to be inaccessible', async () => {
    const { page } = await openPage(browser, url);

    const violations = await accessibilityViolations(page);

    expect(violations.join('\n')).toMatch(/^image-alt: .*<img/m);
    expect(violations.join('\n')).toMatch(/^html-has-lang: /m);
  });
});

it('says what to install where there is no Chromium', () => {
  expect(() => findChromium('/nowhere')).toThrow('Debian package `chromium`');
});
