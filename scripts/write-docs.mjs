/**
 * Writes what comes from the code: docs/configuration.md, docs/openapi.json, and the types of that API for our
 * own client, src/cli/admin-api.d.ts. It takes them from the build in dist. With --check it writes nothing, and
 * fails when a file is not what the code gives.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';

const checkout = new URL('..', import.meta.url);
const build = new URL('dist/src/', checkout);

if (!existsSync(build)) {
  console.error('There is no build to take the pages from: run `npm run build` first.');
  process.exit(1);
}
/** A field with a default may be left out of a request. */
const TYPES = { defaultNonNullable: false };

const check = process.argv.includes('--check');
const description = await apiDescription();
const pages = {
  'docs/configuration.md': await configuration(),
  'docs/openapi.json': `${JSON.stringify(description, null, 2)}\n`,
  'src/cli/admin-api.d.ts': COMMENT_HEADER + astToString(await openapiTS(description, TYPES)),
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
  const document = createApiDocument(app);
  await app.close();
  return JSON.parse(JSON.stringify(document)); // as a client reads it
}

function load(module) {
  return import(new URL(module, build).href);
}

function read(page) {
  const file = fileURLToPath(new URL(page, checkout));
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
