import { join } from 'node:path';
import type { Page } from 'puppeteer-core';

/** Takes a picture of the whole page for a person to look at, where `PICTURES` names a folder for it. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const folder = process.env.PICTURES;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
