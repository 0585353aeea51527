/**
 * The same decision made the obvious way: the key is looked up in the database at each request, and
 * its use is counted there before the answer. The argument is the database's URL.
 */
import pg from 'pg';
import { readQuestion } from './question.mjs';
import { answer, serve } from './serve.mjs';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 10 });

serve((request, response) => {
  decide(request).then(
    (scope) => answer(response, scope),
    (error) => {
      console.error(error.message);
      response.writeHead(503, { 'Content-Length': 0 });
      response.end();
    },
  );
});

async function decide(request) {
  const question = readQuestion(request);
  if (!question) return undefined;
  const digest = [question.digest];
  const { rows } = await pool.query(
    'SELECT components FROM benchmark_key WHERE digest = $1',
    digest,
  );
  if (!rows[0]?.components.includes(question.component)) return undefined;
  await pool.query(
    'UPDATE benchmark_key SET uses = uses + 1, last_used_at = now() WHERE digest = $1',
    digest,
  );
  return question.scope;
}
