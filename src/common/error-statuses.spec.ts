import { readFile } from 'node:fs/promises';
import { ERROR_STATUSES } from './error-statuses.js';

it('are each explained in the table that an operator looks them up in', async () => {
  const page = await readFile('docs/operations/troubleshooting.md', 'utf8');
  const [, table] = page.split('## Errors by their code');
  const explained = [...table!.matchAll(/`([A-Z_]+)`(?=[^|]*\|[^|]*\|$)/gm)].map(
    ([, code]) => code,
  );
  expect(explained.sort()).toEqual(Object.keys(ERROR_STATUSES).sort());
});
