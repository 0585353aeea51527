/**
 * Preloaded into the server (`node --require`). A moment is right before a write to the journal of promotions, right
 * before a rename or link on the disk, and right after a tool was started, which is in the middle of it; moments
 * have names. What the file in MOMENT says: `record` writes down each in `${MOMENT}s`, and the name of a moment
 * is when the process is killed by SIGKILL, the first time that it comes; the file then says `dead`.
 */
const childProcess = require('node:child_process');
const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
const filesystem = require('node:fs/promises');
const { syncBuiltinESMExports } = require('node:module');
const pg = require('pg');

const file = process.env.MOMENT;
const JOURNAL =
  /^\s*(INSERT INTO|UPDATE|DELETE FROM) (promotion|promotion_step|promotion_file|signing_request|release|publication)\b(?: SET (\w+))?/;
/** That a step is done, how far it is, and that a signer was seen are nothing that a start goes by. */
const OF_NO_MATTER = ['done', 'finished_at', 'signer_seen_at'];

function moment(...words) {
  // Versions, ids of releases and names of temporary folders are other ones each time.
  const name = words
    .filter(Boolean)
    .join(' ')
    .replace(/\d{8}T\d{6}Z-\w+/, 'RELEASE')
    .replace(/(?<=acme[-_])\d+(-\d+)?/, 'VERSION')
    .replace(/(?<= \.[a-z]+-)\w{6}(?=\/)/, 'RANDOM');
  const wanted = readFileSync(file, 'utf8');
  if (wanted === 'record') appendFileSync(`${file}s`, `${name}\n`);
  if (wanted !== name) return;
  writeFileSync(file, 'dead');
  process.kill(process.pid, 'SIGKILL');
}

const { query } = pg.Client.prototype;
pg.Client.prototype.query = function (statement, values, ...rest) {
  const found = JOURNAL.exec(typeof statement === 'string' ? statement : '');
  if (found && !OF_NO_MATTER.includes(found[3])) {
    const [, verb, table, column] = found;
    const value = Array.isArray(values) ? values.find((each) => /^[a-z_]+$/.test(each)) : undefined;
    moment(verb, table, column, value);
  }
  return query.call(this, statement, values, ...rest);
};

for (const name of ['rename', 'symlink']) {
  const real = filesystem[name];
  filesystem[name] = async (...args) => {
    const isCached = String(args[1]).includes('/.tools/'); // made once, and of no matter to what is live
    if (!isCached) moment(name, String(args[1]).split('/').slice(-2).join('/'));
    return real(...args);
  };
}

// The server has its tools started by a process of its own (src/promotion/tools/run-by-starter.ts).
const { spawn } = childProcess;
childProcess.spawn = (...args) => {
  const child = spawn(...args);
  const { send } = child;
  if (send) {
    child.send = (order, ...rest) => {
      const program = order.command?.words.find((word) => /^\/.*bin\/(?!setpriv)/.test(word));
      if (program) setTimeout(() => moment('in', program.split('/').at(-1)), 10); // it has been started by then
      return send.call(child, order, ...rest);
    };
  }
  return child;
};
syncBuiltinESMExports();
