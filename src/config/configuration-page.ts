import { settingSpecs } from './setting-specs.js';

/** What the page says of one setting: a spec of envalid's, as far as it is for people. */
export interface DocumentedSetting {
  readonly desc?: string;
  readonly default?: unknown;
  readonly example?: string;
  readonly choices?: readonly unknown[];
}

const INTRODUCTION = `# Configuration

<!-- Written by \`npm run docs\` from src/config/setting-specs.ts: change that. -->

Settings are environment variables, and none of them is needed. What is set is checked at start: every
mistake is named, and the process ends with code 1.

A listener's address is \`host:port\`, with IPv6 \`[::1]:8080\`. Port 0 takes any that is free; the log says
which. Empty turns the listener off. Folders are relative to where the process was started.
`;

/** `docs/configuration.md`: every setting, what it means and its default. */
export function configurationPage(
  specs: Readonly<Record<string, DocumentedSetting>> = settingSpecs,
): string {
  return [INTRODUCTION, ...Object.entries(specs).map(section)].join('\n');
}

function section([name, { desc = '', choices, ...rest }]: [string, DocumentedSetting]): string {
  const values = choices ? ` One of ${choices.map(code).join(', ')}.` : '';
  return `## \`${name}\`\n\n${desc}${values}\n\nDefault: ${defaultOf(rest)}\n`;
}

/** A value as it would be typed is shown as code; a sentence about it is not. */
function defaultOf({ default: value, example = '' }: DocumentedSetting): string {
  return value === '' || example.includes(' ') ? example : code(example);
}

function code(text: unknown): string {
  return `\`${String(text)}\``;
}
