/** `npm run docs:check`: whether every link from page to page leads to a file and a heading that are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkout } from './prepare.mjs';

const pages = [
  ...readdirSync(checkout),
  ...['docs', 'static'].flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true }).map((path) => join(folder, path)),
  ),
].filter((path) => path.endsWith('.md'));
const broken = pages.flatMap(brokenLinksOf);
for (const { page, link } of broken) console.error(`${page}: ${link} leads nowhere`);
process.exitCode = broken.length > 0 ? 1 : 0;

function brokenLinksOf(page) {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
  return links.filter((link) => !isGood(page, link)).map((link) => ({ page, link }));
}

function isGood(page, link) {
  if (/^[a-z]+:/.test(link)) return true; // elsewhere
  const [path, anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(checkout, target))) return false;
  return anchor === undefined || anchorsOf(target).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(page) {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function read(page) {
  return readFileSync(join(checkout, page), 'utf8');
}
