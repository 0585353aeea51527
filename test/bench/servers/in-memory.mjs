/**
 * The same decision and nothing else: keys in a Map by their digest. No checksum, expiry, freshness,
 * metric or count. The argument is a JSON file of [digest, components].
 */
import { readFileSync } from 'node:fs';
import { readQuestion } from './question.mjs';
import { answer, serve } from './serve.mjs';

const keys = new Map(
  JSON.parse(readFileSync(process.argv[2], 'utf8')).map(([digest, components]) => [
    digest,
    new Set(components),
  ]),
);

serve((request, response) => {
  const question = readQuestion(request);
  const allowed = question && keys.get(question.digest)?.has(question.component);
  answer(response, allowed ? question.scope : undefined);
});
