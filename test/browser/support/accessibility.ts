import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import type { Page } from 'puppeteer-core';

/** For a page, not for Node: read, not imported. */
const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');

/** What WCAG 2.2 at level AA and axe's good practices find wrong with a page: each with the elements. */
export async function accessibilityViolations(page: Page): Promise<string[]> {
  // Handed over by the debugger, which a Content-Security-Policy does not bind.
  await page.evaluate(axe);
  const { violations } = (await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] })",
  )) as AxeResults;
  return violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`,
  );
}
