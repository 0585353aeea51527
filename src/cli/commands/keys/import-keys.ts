import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { components } from '../../admin-api.js';
import { granted, type AdminApiClient } from '../../admin-api-client.js';
import type { Cli } from '../../cli.js';
import { CliError, usageError } from '../../cli-error.js';
import { parseImportFile, type FileMistake, type ImportFile } from '../../import-file.js';
import { command } from '../command.js';

type Outcome = components['schemas']['ImportOutcomeDto'];

/** What an import does with keys that are sound. */
interface Mode {
  readonly dry_run: boolean;
  readonly skip_existing: boolean;
}

/** One that the server found. */
interface Mistake {
  readonly index: number;
  readonly problem: string;
}

export const importKeysCommand = (cli: Cli) =>
  command({
    command: 'import <file>',
    describe: 'Take over the keys of an earlier installation, all of them or none',
    builder: (yargs) =>
      yargs
        .positional('file', {
          type: 'string',
          demandOption: true,
          describe:
            'CSV, key,component,label[,expires_at][,customer], with a header line or without; or a JSON ' +
            'array of these fields; - is standard input',
        })
        .option('dry-run', {
          boolean: true,
          default: false,
          describe: 'Check everything, change nothing',
        })
        .option('skip-existing', {
          boolean: true,
          default: false,
          describe: 'Leave out keys that are here already, rather than refuse the file',
        })
        .example('$0 keys import old-keys.csv --dry-run', 'What would it do?')
        .example('ssh old-host keys-export | $0 keys import -', 'The keys touch no disk of yours'),
    handler: async (options) => {
      const file = parseImportFile(await read(options.file));
      const mode = { dry_run: options.dryRun, skip_existing: options.skipExisting };
      const outcome = await importAll(cli.api(options), file, mode);
      cli.answer(options, outcome, () => describe(outcome));
    },
  });

/** @throws CliError that lists every mistake, be it the file's own or known to the server alone */
async function importAll(
  api: AdminApiClient,
  { keys, mistakes }: ImportFile,
  mode: Mode,
): Promise<Outcome> {
  if (mistakes.length === 0) {
    const answer = await post(api, keys, mode);
    if ('outcome' in answer) return answer.outcome;
  }
  throw refused([...mistakes, ...(await furtherMistakes(api, keys, mode))]);
}

/**
 * The server judges in steps, ends with the first that finds something, and lists so many at once: what it said
 * nothing of is asked about again.
 */
async function furtherMistakes(
  api: AdminApiClient,
  keys: ImportFile['keys'],
  mode: Mode,
): Promise<FileMistake[]> {
  if (keys.length === 0) return [];
  const answer = await post(api, keys, { ...mode, dry_run: true });
  if ('outcome' in answer) return [];
  const wrong = new Set(answer.mistakes.map(({ index }) => index));
  const found = answer.mistakes.map(({ index, problem }) => ({
    place: keys[index]!.place,
    problem,
  }));
  const rest = keys.filter((_, index) => !wrong.has(index));
  return [...found, ...(await furtherMistakes(api, rest, mode))];
}

async function post(
  api: AdminApiClient,
  keys: ImportFile['keys'],
  mode: Mode,
): Promise<{ outcome: Outcome } | { mistakes: Mistake[] }> {
  try {
    const body = { keys: keys.map(({ key }) => key), ...mode };
    return { outcome: await granted(api.POST('/api/v1/keys/import', { body })) };
  } catch (error) {
    const mistakes = error instanceof CliError ? mistakesIn(error) : [];
    if (mistakes.length === 0) throw error;
    return { mistakes };
  }
}

/** Of a refusal of what the keys say (IMPORT_REFUSED), or of its form (INVALID_REQUEST). */
function mistakesIn({ code, details }: CliError): Mistake[] {
  if (code === 'IMPORT_REFUSED') return (details as { mistakes: Mistake[] }).mistakes;
  if (code !== 'INVALID_REQUEST' || !Array.isArray(details)) return [];
  return (details as { field: string; problem: string }[]).flatMap(({ field, problem }) => {
    const index = /^keys\.(\d+)\./.exec(field)?.[1];
    return index === undefined ? [] : [{ index: Number(index), problem }];
  });
}

function refused(mistakes: readonly FileMistake[]): CliError {
  const lines = [...mistakes]
    .sort((a, b) => a.place.number - b.place.number)
    .map(({ place, problem }) => `  ${place.unit} ${place.number}: ${problem}`);
  const count = lines.length === 1 ? 'There is a mistake' : `There are ${lines.length} mistakes`;
  return new CliError(1, 'IMPORT_REFUSED', `${count}; nothing was imported.\n${lines.join('\n')}`);
}

async function read(file: string): Promise<string> {
  try {
    // yargs makes nothing of a lone hyphen.
    return file === '-' || file === '' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw usageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

function describe({ dry_run, created, skipped, expired }: Outcome): string {
  const lines = [`${dry_run ? 'Would import' : 'Imported'} ${keysOf(created)}.`];
  if (skipped > 0) lines.push(`${keysOf(skipped)} were here already.`);
  if (expired > 0) {
    lines.push(
      `${keysOf(expired)} of these have expired and open nothing here, whatever the earlier system did: ` +
        'packyard keys list --state expired',
    );
  }
  return lines.join('\n');
}

function keysOf(count: number): string {
  return count === 1 ? '1 key' : `${count} keys`;
}
