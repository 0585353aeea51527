import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { statusOf } from '../support/ask.js';
import { adminApi } from '../support/admin-api.js';
import { install, type Installation } from '../support/installation.js';
import { runPackyard, type CliOptions, type CliRun } from '../support/packyard-cli.js';

let packyard: Installation;
beforeAll(async () => {
  packyard = await install();
});
afterAll(() => packyard.remove());

const cli = (args: string[], { env, ...options }: CliOptions = {}) =>
  runPackyard(args, { env: { PACKYARD_ADMIN_URL: packyard.admin, ...env }, ...options });
const api = () => adminApi(packyard.admin);
const hexKey = () => randomBytes(32).toString('hex');
const KEY = /^pky_[0-9A-Za-z]{38}$/;

async function done(args: string[], options?: CliOptions): Promise<CliRun> {
  const run = await cli(args, options);
  expect(run).toMatchObject({ code: 0 });
  return run;
}

async function json(args: string[], options?: CliOptions) {
  return JSON.parse((await done([...args, '--json'], options)).out);
}

/** What it is before the first word of the message. */
async function refusal(args: string[], options?: CliOptions): Promise<string> {
  const { code, out, err } = await cli(args, options);
  expect(out).toBe('');
  return `${code} ${err.split(':')[0]}`;
}

describe('a key', () => {
  it('is made, used, rotated, edited, looked up and revoked', async () => {
    const made = await done(['keys', 'create', '-c', 'core', '-l', 'Acme — 株式会社']);
    const old = made.out.trim();
    expect(old).toMatch(KEY);
    const id = /[0-9a-f-]{36}/.exec(made.err)![0];
    expect(await statusOf(packyard.auth, old)).toBe(200);
    expect((await done(['keys', 'list', '--label', 'acme'])).out).toMatch(
      new RegExp(`^ID .*\\n${id}  active  core {8}Acme — 株式会社 .* never`),
    );

    const rotated = await done(['keys', 'rotate', id, '--overlap', 'P1D']);
    const key = rotated.out.trim();
    expect(key).toMatch(KEY);
    expect([await statusOf(packyard.auth, old), await statusOf(packyard.auth, key)]).toEqual([
      200, 200,
    ]);
    expect(await refusal(['keys', 'rotate', id])).toBe('1 ROTATION_IN_PROGRESS');

    const edit = ['keys', 'update', id, '-c', 'core,minion', '--customer', 'C-1', '-l', 'Acme'];
    expect((await done(edit)).out).toMatch(/Components +core, minion\n/);
    const back = ['keys', 'update', id, '--no-customer', '--expires-at', '2099-01-01T00:00:00Z'];
    expect(await json(back)).toMatchObject({ customer: null, label: 'Acme' });
    expect(await refusal(['keys', 'update', id])).toBe('2 USAGE');

    const looked = await done(['keys', 'lookup'], { input: `${old}\n` });
    expect(looked.out).toContain(id);
    expect(looked.out).toContain('Let through.');
    const path = '/rpm/open/2025/../core/x';
    expect((await done(['keys', 'lookup', '--path', path], { input: key })).out).toContain(
      'Refused (non-canonical-path)',
    );

    expect(await json(['keys', 'usage', id])).toHaveLength(30);
    expect((await done(['keys', 'revoke', id])).err).toContain('every process follows it');
    expect([await statusOf(packyard.auth, old), await statusOf(packyard.auth, key)]).toEqual([
      401, 401,
    ]);
    expect((await done(['keys', 'show', id])).out).toMatch(/State +revoked\n/);

    const { out } = await done(['audit', '--subject', `key:${id}`]);
    expect(out.match(/key\.\w+/g)).toEqual([
      'key.revoke',
      'key.update',
      'key.update',
      'key.rotate',
      'key.create',
    ]);
    expect(out).toContain(`operator@${hostname()}`);
    for (const secret of [old, key]) expect(out + made.err + rotated.err).not.toContain(secret);
  });

  it('is shown to a program exactly as the API does', async () => {
    const created = await json(['keys', 'create', '-c', 'core', '-l', 'for a program']);
    expect(created.key).toMatch(KEY);
    const { body } = await api().get(`/api/v1/keys/${created.id}`);
    expect(await json(['keys', 'show', created.id])).toEqual(body);
    expect(await json(['keys', 'list', '--label', 'for a program'])).toEqual([body]);
    expect(await json(['components', 'list'])).toEqual(
      (await api().get('/api/v1/components')).body,
    );
    expect(await json(['audit', '--subject', `key:${created.id}`])).toEqual(
      (await api().get(`/api/v1/audit?subject=key:${created.id}`)).body,
    );
    expect((await json(['components', 'reload'])).changed).toBe(false);
  });

  it('has the operator in its audit, by whatever name', async () => {
    const order = ['keys', 'create', '-c', 'core', '-l', 'actor'];
    const { id } = await json(order, { env: { PACKYARD_ACTOR: 'Zoë 株式会社' } });
    const [event] = await json(['audit', '--subject', `key:${id}`]);
    expect(event.actor).toBe('Zoë 株式会社');
  });
});

describe('what a subscriber pastes', () => {
  it('comes behind the key that was made, and again without it, for one client or all', async () => {
    const made = await done(['keys', 'create', '-c', 'minion', '-l', 'x', '--setup', 'docker']);
    const [key, , ...lines] = made.out.split('\n');
    expect(key).toMatch(KEY);
    expect(lines.join('\n')).toMatch(
      /^docker login --username subscriber [\s\S]*\/oci\/lts-minion:2025\n$/,
    );
    const id = /[0-9a-f-]{36}/.exec(made.err)![0];
    expect((await done(['keys', 'setup', id, 'docker'])).out).toBe(lines.join('\n'));

    const { body } = await api().get(`/api/v1/keys/${id}/setup`);
    expect(await json(['keys', 'setup', id])).toEqual(body);
    const { out } = await done(['keys', 'setup', id]);
    for (const { title, text } of body.clients) {
      expect(out).toContain(`# ${title}\n`);
      expect(out).toContain(text);
    }
  });

  it('is refused for a client that the key is of no use to, once the key is shown', async () => {
    const run = await cli(['keys', 'create', '-c', 'minion', '-l', 'x', '--setup', 'apt']);
    expect(run).toMatchObject({ code: 2, out: expect.stringMatching(/^pky_\w{38}\n$/) });
    expect(run.err).toMatch(/\nUSAGE: .*apt, but for: dnf, /);
  });
});

describe('the status', () => {
  it('is for a person, or as the API has it', async () => {
    const { out } = await done(['status']);
    expect(out).toMatch(/^Database +answers$/m);
    expect(out).toMatch(/^Backup +none is configured$/m);
    expect(out).toMatch(/^Promotions +0 under way, of which 0 wait for a signer$/m);
    expect(out).toMatch(/^core +private +rpm 0 of 2, deb 0 of 2, image /m);
    expect(await json(['status'])).toMatchObject({ health: { database: { up: true } } });
  });
});

describe('an import', () => {
  const old = Array.from({ length: 10_000 }, (_, index) => ({
    key: hexKey(),
    label: `Imported ${index}`,
    expired: index % 10 === 0,
  }));
  const csv = `key,component,label,expires_at,customer\n${old
    .map(({ key, label, expired }) =>
      [key, 'core minion', label, expired ? '2020-01-01T00:00:00Z' : '', 'old'].join(','),
    )
    .join('\n')}\n`;

  it('of ten thousand keys is rehearsed, done, listed, filtered and paged', async () => {
    const rehearsal = await done(['keys', 'import', '-', '--dry-run'], { input: csv });
    expect(rehearsal.out).toMatch(/^Would import 10000 keys\.\n1000 keys of these have expired/);
    expect(await statusOf(packyard.auth, old[1]!.key)).toBe(401);

    expect(await json(['keys', 'import', '-'], { input: csv })).toEqual({
      dry_run: false,
      created: 10_000,
      skipped: 0,
      expired: 1_000,
    });
    expect(await statusOf(packyard.auth, old[1]!.key)).toBe(200);
    expect(await statusOf(packyard.auth, old[0]!.key)).toBe(401);

    const all: { id: string; label: string }[] = await json(['keys', 'list', '--customer', 'old']);
    expect(all).toHaveLength(10_000);
    expect(new Set(all.map(({ id }) => id)).size).toBe(10_000);
    expect(all.slice(0, 700)).toEqual(
      await json(['keys', 'list', '--customer', 'old', '-n', '700']),
    );
    expect(await json(['keys', 'list', '--label', 'Imported 999'])).toHaveLength(11);
    expect(await json(['keys', 'list', '--customer', 'old', '--state', 'expired'])).toHaveLength(
      1_000,
    );
    const table = (await done(['keys', 'list', '--customer', 'old'])).out;
    expect(table.split('\n')).toHaveLength(10_002); // titles, and the end of the last line
    for (const { key } of old) expect(table.includes(key)).toBe(false);
  });

  it('leaves out what is here already, when told to', async () => {
    const input = `${csv}${hexKey()},core,one more,,\n`;
    const refused = await cli(['keys', 'import', '-'], { input });
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /^IMPORT_REFUSED: There are 10000 mistakes; nothing was imported\.\n {2}line 2: /,
    );
    expect(refused.err).toContain('\n  line 10001: ');
    const { out } = await done(['keys', 'import', '-', '--skip-existing'], { input });
    expect(out).toMatch(/^Imported 1 key\.\n10000 keys were here already\.\n$/);
  });

  it('says every mistake at once, with its line: the form, the meaning, the keys that are here', async () => {
    const [a, b, c] = [hexKey(), hexKey(), hexKey()];
    const lines = [
      'key,component,label,expires_at',
      `${a},core,fine,`,
      `${b},core,,`,
      `${a},core,twice,`,
      `${c},nope,unknown component,`,
      `${c.slice(1)},core,short,`,
      `${hexKey()},core,bad time,tomorrow`,
      `${hexKey()},core,${'x'.repeat(201)},`,
      `${old[5]!.key},core,here already,`,
    ];
    const file = join(packyard.folder, 'old.csv');
    await writeFile(file, lines.join('\r\n'));
    const { code, err } = await cli(['keys', 'import', file]);
    expect(code).toBe(1);
    expect(err.match(/line \d+/g)).toEqual([3, 4, 2, 5, 6, 7, 8, 9].map((n) => `line ${n}`));
    for (const line of lines.slice(1)) expect(err).not.toContain(line.split(',')[0]);
    expect(await statusOf(packyard.auth, a)).toBe(401);
  });

  it('takes JSON as well', async () => {
    const key = hexKey();
    const input = JSON.stringify([{ key, components: ['core'], label: 'json', customer: null }]);
    expect((await done(['keys', 'import', '-'], { input })).out).toBe('Imported 1 key.\n');
    expect(await statusOf(packyard.auth, key)).toBe(200);
  });
});

describe('what goes wrong', () => {
  it.each([
    [[], '2 USAGE'],
    [['keys'], '2 USAGE'],
    [['keys', 'lst'], '2 USAGE'],
    [['keys', 'show'], '2 USAGE'],
    [['keys', 'create', '-c', 'core'], '2 USAGE'],
    [['keys', 'list', '--limit', '0'], '2 USAGE'],
    [['keys', 'list', '--colour'], '2 USAGE'],
    [['keys', 'import', 'no-such-file.csv'], '2 USAGE'],
    [['keys', 'list', '--admin-url', 'localhost:8088'], '2 USAGE'],
    [['keys', 'list', '--admin-url', 'http://u:p@127.0.0.1:8088'], '2 USAGE'],
    [['keys', 'show', 'x'], '1 INVALID_REQUEST'],
    [['keys', 'show', '11111111-1111-4111-8111-111111111111'], '1 KEY_NOT_FOUND'],
    [['keys', 'create', '-c', 'nope', '-l', 'x'], '1 UNKNOWN_COMPONENT'],
    [['keys', 'list', '--expires-before', 'soon'], '1 INVALID_REQUEST'],
  ])('%j is %s', async (args, expected) => {
    expect(await refusal(args)).toBe(expected);
  });

  it('says how to reach a server that does not answer', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const run = await cli(['keys', 'list', '--admin-url', `http://127.0.0.1:${port}`]);
    expect(run.code).toBe(3);
    expect(run.err).toMatch(/^UNREACHABLE: [\s\S]*ssh -N -L 8088:127\.0\.0\.1:8088/);
  });

  it('knows what is no Packyard, and which listener is the wrong one', async () => {
    expect(await refusal(['keys', 'list', '--admin-url', packyard.gateway])).toBe('3 NOT_PACKYARD');
  });

  it('repeats no key that was typed as an argument', async () => {
    for (const secret of [hexKey(), (await packyard.createKey()).key]) {
      const { code, err } = await cli(['keys', 'lookup', secret]);
      expect(code).toBe(2);
      expect(err).not.toContain(secret);
      expect(err).toContain('standard input');
    }
  });

  it('is no colour where nobody sees it', async () => {
    const runs = await Promise.all([cli(['keys', 'list', '-n', '3']), cli(['keys', '--help'])]);
    for (const { out } of runs) expect(out).not.toContain('\u001b');
  });
});

describe('a connection that is lost while a key is made', () => {
  /** Passes requests on, but loses the first of those that make something. */
  async function losing(when: 'before' | 'after') {
    let lost = false;
    const proxy = createServer((question, answer) => {
      const lose = question.method === 'POST' && !lost;
      lost ||= lose;
      if (lose && when === 'before') return void question.socket.destroy();
      const { method, headers } = question;
      const onwards = httpRequest(packyard.admin + question.url, { method, headers });
      onwards.on('response', (response: IncomingMessage) => {
        if (lose) return void question.socket.destroy();
        answer.writeHead(response.statusCode!, response.headers);
        response.pipe(answer);
      });
      question.pipe(onwards);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, proxy };
  }

  it.each([
    ['before', 0, /^pky_/, /^Made key/],
    [
      'after',
      1,
      /^$/,
      /^KEY_ALREADY_CREATED: [\s\S]*packyard keys rotate [0-9a-f-]{36} --overlap PT0S/,
    ],
  ] as const)('%s it was made: there is one', async (when, code, out, err) => {
    const { url, proxy } = await losing(when);
    const label = `lost ${when}`;
    const run = await cli(['keys', 'create', '-c', 'core', '-l', label, '--admin-url', url]);
    expect(run).toEqual({
      code,
      out: expect.stringMatching(out),
      err: expect.stringMatching(err),
    });
    expect(await json(['keys', 'list', '--label', label])).toHaveLength(1);
    proxy.close();
  });
});

describe('with tokens', () => {
  it('takes one from the environment, which says who it is', async () => {
    const alice = await json(['tokens', 'create', 'alice']);
    const monitoring = await json(['tokens', 'create', 'monitoring', '--role', 'readonly']);
    const printed = await done(['tokens', 'create', 'bob@example.org']);
    const bob = printed.out.trim();
    const file = join(packyard.folder, 'tokens.yml');
    const entries = [alice, monitoring].map(
      ({ name, role, sha256 }) => `  - { name: ${name}, role: ${role}, sha256: ${sha256} }\n`,
    );
    const entry = printed.err.slice(printed.err.indexOf('  - name:'));
    await writeFile(file, `tokens:\n${entries.join('')}${entry}`);
    expect(await readFile(file, 'utf8')).not.toContain('pka_');

    const server = await packyard.startAnother({ ADMIN_TOKENS_FILE: file });
    const as = (token: string) => ({
      env: { PACKYARD_ADMIN_URL: server.admin, PACKYARD_ADMIN_TOKEN: token, PACKYARD_ACTOR: 'eve' },
    });
    const order = ['keys', 'create', '-c', 'core', '-l', 'with a token'];
    expect(await refusal(order, as(''))).toBe('1 TOKEN_REQUIRED');
    expect(await refusal(order, as(monitoring.token))).toBe('1 READONLY_TOKEN');
    const { id, key } = await json(order, as(alice.token));
    await json(order, as(bob));
    const found = await json(['keys', 'lookup'], { ...as(monitoring.token), input: key });
    expect(found.id).toBe(id);
    const [event] = await json(['audit', '--subject', `key:${id}`], as(monitoring.token));
    expect(event.actor).toBe('alice');
    expect(JSON.stringify(server.logs)).not.toContain(alice.token);
  });

  it('has neither token nor key in its arguments', async () => {
    const { token } = await json(['tokens', 'create', 'alice']);
    const { key, id } = await packyard.createKey();
    const child = spawn('bin/packyard', ['keys', 'lookup', '--json'], {
      env: {
        PATH: process.env.PATH,
        PACKYARD_ADMIN_URL: packyard.admin,
        PACKYARD_ADMIN_TOKEN: token,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.write(key);
    const commandLine = await readFile(`/proc/${child.pid}/cmdline`, 'utf8');
    child.stdin.end();
    const [answer] = (await once(child.stdout, 'data')) as [Buffer];
    expect(answer.toString()).toContain(id);
    for (const secret of [token, key]) expect(commandLine).not.toContain(secret);
  });
});

describe('completion', () => {
  const run = promisify(execFile);

  /** What bash offers in the place of the last word, once it has sourced what the command prints. */
  async function offered(...words: string[]): Promise<string[]> {
    const script = `source <(bin/packyard completion bash)
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _packyard; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, PACKYARD_ADMIN_URL: packyard.admin };
    const args = ['-c', script, 'bash', 'bin/packyard', ...words];
    const { stdout } = await run('bash', args, { env });
    return stdout.split('\n').filter((word) => word !== '');
  }

  it.each([
    [['ke'], ['keys']],
    [['keys', 're'], ['revoke']],
    [['keys', 'list', '--st'], ['--state']],
    [
      ['keys', 'list', '--state', ''],
      ['active', 'expired', 'revoked'],
    ],
    [
      ['keys', 'create', '--component', ''],
      ['core', 'minion', 'open'],
    ],
    [['keys', 'create', '-c', 'm'], ['minion']],
    [['keys', 'import', ''], []], // the shell's own, files
    [['tokens', 'create', 'alice', '--role', 'r'], ['readonly']],
  ])('of %j is %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it('knows the ids of keys', async () => {
    const { id } = await packyard.createKey();
    expect(await offered('keys', 'revoke', id.slice(0, 12))).toEqual([id]);
  });

  it('is silent where the server does not answer', async () => {
    const env = { PACKYARD_ADMIN_URL: 'http://127.0.0.1:9' };
    expect(await cli(['--complete', 'keys', 'show', ''], { env })).toEqual({
      code: 0,
      out: '',
      err: '',
    });
  });
});
