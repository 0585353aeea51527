import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { generateSecret } from '../keys/key-format.js';
import { askForKey, paste, PREAMBLE, quoted, word } from './root-shell.js';

/** What a script prints that a person pastes, with this on its standard input. */
function run(text: string, input = ''): string {
  return execFileSync('sh', ['-c', text], { input, encoding: 'utf8', stdio: 'pipe' });
}

const asking = paste(PREAMBLE, askForKey('pkg.example.org'), 'printf "got %s" "$key"');

describe('paste', () => {
  it('is one command', () => {
    expect(paste('echo one', 'echo two')).toBe("sh -c '\necho one\n\necho two\n'\n");
  });

  it.each(["it's", 'wow!', 'a\ttab'])('refuses what a shell would take for its own: %j', (part) => {
    expect(() => paste(part)).toThrow('may not hold');
  });
});

describe('quoted', () => {
  it('is what the shell makes of it again', () => {
    const printable = fc.string({ unit: 'grapheme' }).filter((text) => !/['!\t\0\r\n]/.test(text));
    fc.assert(
      fc.property(printable, (text) => {
        expect(run(paste(`printf "%s" ${quoted(text)}`))).toBe(text);
      }),
      { numRuns: 50 },
    );
  });
});

describe('word', () => {
  it('quotes what a shell would take apart, and nothing else', () => {
    expect(word('pkg.example.org:8443/oci/lts-core:2025')).toBe(
      'pkg.example.org:8443/oci/lts-core:2025',
    );
    expect(word('[::1]:8000')).toBe('"[::1]:8000"');
    expect(word('<HOST>')).toBe('"<HOST>"');
  });
});

describe('askForKey', () => {
  it.each([generateSecret(), 'aB09'.repeat(16)])('takes a key', (key) => {
    expect(run(asking, `${key}\n`)).toBe(`got ${key}`);
  });

  it('leaves out what a paste brings along', () => {
    const key = generateSecret();
    expect(run(asking, `\n\n  ${key} \r\n`)).toBe(`got ${key}`);
  });

  it.each(['pky_short', `${generateSecret()}x`, '$(id)', 'a b', '"; id; "'])(
    'refuses %j',
    (line) => {
      expect(() => run(asking, `${line}\n`)).toThrow('That is not a key');
    },
  );

  it('says so when there is none', () => {
    expect(() => run(asking)).toThrow('No key was given.');
  });
});
