/**
 * Writes the pages that come from the code: docs/configuration.md and docs/openapi.json. It takes them from
 * the build in dist. With --check it writes nothing, and fails when a page is not what the code gives.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const checkout = new URL('..', import.meta.url);
const build = new URL('dist/src/', checkout);

if (!existsSync(build)) {
  console.error('There is no build to take the pages from: run `npm run build` first.');
  process.exit(1);
}
const check = process.argv.includes('--check');
const pages = {
  'docs/configuration.md': await configuration(),
  'docs/openapi.json': await apiDescription(),
};
const outdated = Object.keys(pages).filter((page) => read(page) !== pages[page]);
if (check && outdated.length > 0) {
  console.error(
    `${outdated.join(' and ')}: not what the code gives. Run \`npm run build && npm run docs\`, and commit the result.`,
  );
  process.exit(1);
}
for (const page of outdated) {
  writeFileSync(new URL(page, checkout), pages[page]);
  console.log(`wrote ${page}`);
}

async function configuration() {
  const { configurationPage } = await load('config/configuration-page.js');
  return configurationPage();
}

/** The application is made and not started: it connects to nothing and listens nowhere. */
async function apiDescription() {
  const { createApiDocument } = await load('admin/api-document.js');
  const { createLogger } = await load('common/logger.js');
  const { loadSettings } = await load('config/settings.js');
  const { createApp } = await load('create-app.js');
  const { createDataSource } = await load('database/data-source.js');

  const dataSource = createDataSource('postgres://nobody@nowhere.invalid/none');
  const app = await createApp(loadSettings({}), createLogger('warn'), dataSource);
  const description = createApiDocument(app);
  await app.close();
  return `${JSON.stringify(description, null, 2)}\n`;
}

function load(module) {
  return import(new URL(module, build).href);
}

function read(page) {
  const file = fileURLToPath(new URL(page, checkout));
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
