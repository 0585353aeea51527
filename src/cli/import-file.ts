import { CsvError, parse } from 'csv-parse/sync';
import { usageError } from './cli-error.js';

/** A key of an earlier installation, as the API takes it. */
export interface KeyToImport {
  readonly key: string;
  readonly components: string[];
  readonly label: string;
  readonly customer?: string;
  readonly expires_at?: string;
}

/** Where in the file something stands, for who wrote it. */
export interface Place {
  readonly unit: 'line' | 'entry';
  /** From 1. */
  readonly number: number;
}

export interface FileMistake {
  readonly place: Place;
  readonly problem: string;
}

export interface ImportFile {
  readonly keys: readonly { readonly place: Place; readonly key: KeyToImport }[];
  /** None of these repeats a key. */
  readonly mistakes: readonly FileMistake[];
}

type Fields = Partial<Record<(typeof FIELDS)[number], string>>;
type Row = { readonly place: Place } & ({ readonly fields: Fields } | { readonly problem: string });

const FIELDS = ['key', 'component', 'label', 'expires_at', 'customer'] as const;
/** What else a column may be called. */
const OTHER_NAMES: Readonly<Record<string, (typeof FIELDS)[number]>> = { components: 'component' };

/**
 * Reads the keys of an earlier installation: CSV with the columns `key,component,label,expires_at,customer`,
 * the last two optional, in any order where the first line names them; or a JSON array of objects with these
 * fields. `component` may hold several, parted by spaces; in JSON also as a list.
 *
 * @throws CliError when it is neither
 */
export function parseImportFile(text: string): ImportFile {
  const rows = /^\s*[[{]/.test(text) ? rowsOfJson(text) : rowsOfCsv(text);
  if (rows.length === 0) throw usageError('There are no keys in it.');
  const places = new Map<string, Place>();
  const keys: { place: Place; key: KeyToImport }[] = [];
  const mistakes: FileMistake[] = [];
  for (const row of rows) {
    const { place } = row;
    if ('problem' in row) {
      mistakes.push({ place, problem: row.problem });
      continue;
    }
    const problems = problemsOf(row.fields, places);
    mistakes.push(...problems.map((problem) => ({ place, problem })));
    if (row.fields.key) places.set(row.fields.key, places.get(row.fields.key) ?? place);
    if (problems.length === 0) keys.push({ place, key: keyOf(row.fields) });
  }
  return { keys, mistakes };
}

/** What can be told without the server; it looks at the rest. */
function problemsOf(fields: Fields, places: ReadonlyMap<string, Place>): string[] {
  const problems = (['key', 'component', 'label'] as const)
    .filter((name) => !fields[name])
    .map((name) => `${name} is missing`);
  const earlier = fields.key ? places.get(fields.key) : undefined;
  if (earlier !== undefined)
    problems.push(`the key stands already in ${earlier.unit} ${earlier.number}`);
  return problems;
}

function keyOf({
  key = '',
  component = '',
  label = '',
  expires_at,
  customer,
}: Fields): KeyToImport {
  return {
    key,
    components: component.split(/\s+/).filter((name) => name !== ''),
    label,
    ...(customer && { customer }),
    ...(expires_at && { expires_at }),
  };
}

function rowsOfCsv(text: string): Row[] {
  const records = readCsv(text);
  const [first] = records;
  const header = isHeader(first?.record ?? []);
  const columns = header ? columnsNamed(first!.record) : FIELDS;
  return (header ? records.slice(1) : records).map(({ line, record }) => {
    const place: Place = { unit: 'line', number: line };
    if (record.length > columns.length) {
      return {
        place,
        problem: `there are more than the ${columns.length} columns ${columns.join(', ')}`,
      };
    }
    return {
      place,
      fields: Object.fromEntries(record.map((cell, index) => [columns[index]!, cell])),
    };
  });
}

/** The two columns that every file has, by their names: a label may be one of these words, a key is none. */
function isHeader(record: readonly string[]): boolean {
  const titles = record.map((cell) => cell.toLowerCase());
  return titles.includes('key') && titles.some((title) => /^components?$/.test(title));
}

function columnsNamed(header: readonly string[]): (typeof FIELDS)[number][] {
  return header.map((title) => {
    const name = title.toLowerCase();
    const known = FIELDS.find((field) => field === (OTHER_NAMES[name] ?? name));
    if (known) return known;
    throw usageError(
      `The first line names a column ${JSON.stringify(title)}, which is not one of ${FIELDS.join(', ')}.`,
    );
  });
}

interface CsvRecord {
  /** On which it ends, from 1. */
  readonly line: number;
  readonly record: string[];
}

function readCsv(text: string): CsvRecord[] {
  try {
    const records = parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { info: { lines: number }; record: string[] }[];
    return records.map(({ info, record }) => ({ line: info.lines, record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Its message may repeat a cell.
    throw usageError(
      `This is not CSV: the quotes in or before line ${String(error.lines)} do not match.`,
    );
  }
}

function rowsOfJson(text: string): Row[] {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    throw usageError('This begins as JSON, and is none. Check its quotes and commas.');
  }
  if (!Array.isArray(entries)) throw usageError('The JSON must be an array of keys.');
  return entries.map((entry: unknown, index) =>
    rowOfEntry({ unit: 'entry', number: index + 1 }, entry),
  );
}

function rowOfEntry(place: Place, entry: unknown): Row {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return { place, problem: `it must be an object with ${FIELDS.join(', ')}` };
  }
  const fields: Fields = {};
  for (const [title, value] of Object.entries(entry)) {
    const name = FIELDS.find((field) => field === (OTHER_NAMES[title] ?? title));
    if (!name)
      return { place, problem: `${JSON.stringify(title)} is not one of ${FIELDS.join(', ')}` };
    if (value === null || value === undefined) continue;
    if (name === 'component' && isListOfTexts(value)) fields.component = value.join(' ');
    else if (typeof value === 'string') fields[name] = value.trim();
    else return { place, problem: `${title} must be text` };
  }
  return { place, fields };
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
