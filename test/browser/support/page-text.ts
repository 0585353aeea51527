import type { Page } from 'puppeteer-core';

/** The text of every element that matches. */
export function texts(page: Page, selector: string): Promise<string[]> {
  return page.$$eval(selector, (found) => found.map((each) => each.textContent?.trim() ?? ''));
}

/** The text of the first. */
export async function textOf(page: Page, selector: string): Promise<string | undefined> {
  return (await texts(page, selector))[0];
}
