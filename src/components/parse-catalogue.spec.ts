import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { CatalogueDocument } from './catalogue.js';
import { type CatalogueMistake, parseCatalogue } from './parse-catalogue.js';

function documentOf(text: string): CatalogueDocument {
  const result = parseCatalogue(text);
  if ('mistakes' in result) throw new Error(JSON.stringify(result.mistakes, null, 2));
  return result.document;
}

function mistakesIn(text: string): CatalogueMistake[] {
  const result = parseCatalogue(text);
  return 'mistakes' in result ? result.mistakes : [];
}

/** A catalogue of one good component with one of its lines replaced or added. */
function withLine(line: string): string {
  const key = /^\w+/.exec(line)![0];
  const lines = [
    'name: core',
    'series: ["2025"]',
    'rpm: { targets: [el9-x86_64] }',
    'deb: { distributions: [bookworm], architectures: [amd64] }',
    'oci: { repository: lts-core, architectures: [amd64] }',
  ].filter((other) => !other.startsWith(`${key}:`));
  return ['components:', '  - ' + [line, ...lines].join('\n    ')].join('\n');
}

describe('parseCatalogue', () => {
  it('reads the file that the project ships', () => {
    const { components } = documentOf(readFileSync('config/packyard.yml', 'utf8'));

    expect(components.map(({ name }) => name)).toEqual(['core', 'minion']);
    expect(components[0]).toEqual({
      name: 'core',
      description: 'Core server',
      visibility: 'private',
      series: ['2024', '2025'],
      rpm: { targets: ['el8-x86_64', 'el9-x86_64', 'el10-x86_64', 'centos10-x86_64'] },
      deb: {
        distributions: ['bookworm', 'trixie', 'jammy', 'noble'],
        architectures: ['amd64', 'arm64'],
      },
      oci: { repository: 'lts-core', architectures: ['amd64', 'arm64'] },
    });
  });

  it('keeps what nobody asked to be public private', () => {
    const text = 'components: [{ name: a, series: ["1"], rpm: { targets: [el9-x86_64] } }]';

    expect(documentOf(text).components).toEqual([
      {
        name: 'a',
        description: '',
        visibility: 'private',
        series: ['1'],
        rpm: { targets: ['el9-x86_64'] },
      },
    ]);
  });

  it('reads an alias as what it stands for', () => {
    const text = `
components:
  - { name: a, series: &s ["2025"], deb: &d { distributions: [noble], architectures: [amd64] } }
  - { name: b, series: *s, deb: *d }`;
    const [a, b] = documentOf(text).components;

    expect(b).toEqual({ ...a, name: 'b' });
  });

  it('lists every mistake at once, each with its line, column and path, in the order of the file', () => {
    const text = `components:
  - name: Core
    serie: ["2025"]
    series: [2025, "2025", "2025"]
    visibility: secret
    rpm: { targets: [] }
  - name: minion
    series: ["2025"]
    oci: { repository: lts/minion, architectures: [amd64, x86_64] }
  - name: minion
    series: "2025"
`;

    expect(mistakesIn(text)).toEqual([
      {
        line: 2,
        column: 11,
        path: 'components[0].name',
        message: expect.stringContaining('"Core" is not a component name'),
      },
      {
        line: 3,
        column: 5,
        path: 'components[0].serie',
        message: 'unknown key "serie": did you mean "series"?',
      },
      {
        line: 4,
        column: 14,
        path: 'components[0].series[0]',
        message: 'YAML reads 2025 as a number: write it in quotes, "2025"',
      },
      {
        line: 4,
        column: 28,
        path: 'components[0].series[2]',
        message: '"2025" is already components[0].series[1], in line 4',
      },
      {
        line: 5,
        column: 17,
        path: 'components[0].visibility',
        message: '"secret" is not one of private, public',
      },
      { line: 6, column: 21, path: 'components[0].rpm.targets', message: 'the list is empty' },
      {
        line: 9,
        column: 24,
        path: 'components[1].oci.repository',
        message: expect.stringContaining('"lts/minion" is not an OCI repository'),
      },
      {
        line: 9,
        column: 59,
        path: 'components[1].oci.architectures[1]',
        message: expect.stringContaining('"x86_64" is not an OCI architecture: one of amd64'),
      },
      {
        line: 10,
        column: 5,
        path: 'components[2]',
        message: 'a component needs at least one of rpm, deb, oci',
      },
      {
        line: 10,
        column: 11,
        path: 'components[2].name',
        message: '"minion" is already components[1].name, in line 7',
      },
      {
        line: 11,
        column: 13,
        path: 'components[2].series',
        message: 'must be a list, not a string',
      },
    ]);
  });

  it.each([
    ['', 'the file is empty'],
    ['# only a comment\n', 'the file is empty'],
    ['---\n', 'the file is empty'],
    ['~', 'the file is empty'],
    ['core', 'must be a mapping with the keys components, not a string'],
    ['- name: core', 'must be a mapping with the keys components, not a list'],
    ['{}', 'components is missing'],
    ['components:', 'must be a list, not an empty value'],
    ['components: []', 'the list is empty'],
    ['components: {}', 'must be a list, not a mapping'],
    ['components: [core]', expect.stringMatching(/^must be a mapping .*, not a string$/)],
    ['components: [~]', expect.stringMatching(/^must be a mapping .*, not an empty value$/)],
  ])('refuses %j', (text, message) => {
    expect(mistakesIn(text)).toEqual([expect.objectContaining({ line: 1, message })]);
  });

  it.each([
    ['a: [b', /flow sequence|flow collection|must.*]/i],
    ['components: "core', /quote/],
    ['components:\n\t- name: core', /[Tt]ab/],
    ['components: []\n---\ncomponents: []', /multiple documents/],
    ['components: !secret []', /tag/],
    ['components: [{ name: *nowhere }]', /no anchor "&nowhere"/],
  ])('says what is no YAML in %j', (text, message) => {
    expect(mistakesIn(text).map((mistake) => mistake.message)).toContainEqual(
      expect.stringMatching(message),
    );
  });

  it('gives a syntax error its line and column, and says nothing more about the rest', () => {
    expect(mistakesIn('components:\n  - name: "core\n    colour: red\n')).toEqual([
      expect.objectContaining({ line: 4, path: '' }),
    ]);
  });

  it('refuses a key that stands twice, naming the first', () => {
    expect(mistakesIn(withLine('name: core\n    name: minion'))).toEqual([
      {
        line: 3,
        column: 5,
        path: 'components[0].name',
        message: 'the key "name" stands already in line 2',
      },
    ]);
  });

  it.each(['constructor', '__proto__', 'toString'])('refuses the unknown key %s', (key) => {
    expect(mistakesIn(withLine(`${key}: { polluted: true }`))).toEqual([
      expect.objectContaining({ path: `components[0].${key}` }),
    ]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('refuses a key that is no text, and one that no terminal should see', () => {
    expect(mistakesIn(withLine('name: core\n    7: seven'))[0]?.message).toBe('a key must be text');
    expect(mistakesIn(withLine('name: core\n    "\\e[2J": x'))[0]).toMatchObject({
      path: 'components[0]["\\u001b[2J"]',
      message: expect.stringContaining('unknown key "\\u001b[2J"'),
    });
  });

  it('refuses one repository for two components: the path of a request names it alone', () => {
    const component = (name: string) =>
      `  - { name: ${name}, series: ["1"], oci: { repository: x, architectures: [amd64] } }\n`;

    expect(mistakesIn(`components:\n${component('a')}${component('b')}`)).toEqual([
      expect.objectContaining({
        line: 3,
        path: 'components[1].oci.repository',
        message: '"x" is already components[0].oci.repository, in line 2',
      }),
    ]);
  });

  it.each([
    'name: a',
    'name: 0-day',
    `name: a${'b'.repeat(62)}`,
    'name: constructor',
    'description: "Zwölf Boxkämpfer 🥊"',
    'visibility: public',
    'series: ["2025", v1.2_rc-3, A]',
    'rpm: { targets: [el9-x86_64, centos10-aarch64, opensuse-leap15.6-x86_64] }',
    'deb: { distributions: [bookworm, bookworm-backports], architectures: [ppc64el, armhf] }',
    'oci: { repository: a__b.c-d--e_f, architectures: [amd64, "386"] }',
  ])('accepts %s', (line) => {
    expect(mistakesIn(withLine(line))).toEqual([]);
  });

  it.each([
    ['name: ""', 'name'],
    ['name: -core', 'name'],
    ['name: core_x', 'name'],
    ['name: "core\\n"', 'name'],
    [`name: a${'b'.repeat(63)}`, 'name'],
    ['name: [core]', 'name'],
    ['name:', 'name'],
    ['description: 7', 'description'],
    ['description: "a\\0b"', 'description'],
    ['description: "\\ud800"', 'description'],
    ['visibility: Public', 'visibility'],
    ['visibility: true', 'visibility'],
    ['series: ["2025/1"]', 'series[0]'],
    ['series: [".."]', 'series[0]'],
    ['series: [.hidden]', 'series[0]'],
    ['series: ["20 25"]', 'series[0]'],
    ['series: [2024.10]', 'series[0]'],
    ['series: [["2025"]]', 'series[0]'],
    ['rpm: { targets: [el9] }', 'rpm.targets[0]'],
    ['rpm: { targets: [-x86_64] }', 'rpm.targets[0]'],
    ['rpm: { targets: [el9-amd64] }', 'rpm.targets[0]'],
    ['rpm: { targets: [el9-noarch] }', 'rpm.targets[0]'],
    ['rpm: { targets: [el9/x-x86_64] }', 'rpm.targets[0]'],
    ['rpm: {}', 'rpm.targets'],
    ['rpm: [el9-x86_64]', 'rpm'],
    ['rpm:', 'rpm'],
    ['deb: { distributions: [book/worm], architectures: [amd64] }', 'deb.distributions[0]'],
    ['deb: { distributions: [noble], architectures: [all] }', 'deb.architectures[0]'],
    ['deb: { distributions: [noble], architectures: [x86_64] }', 'deb.architectures[0]'],
    ['deb: { distributions: [noble] }', 'deb.architectures'],
    ['oci: { repository: Lts, architectures: [amd64] }', 'oci.repository'],
    ['oci: { repository: a___b, architectures: [amd64] }', 'oci.repository'],
    ['oci: { repository: a-, architectures: [amd64] }', 'oci.repository'],
    ['oci: { repository: _catalog, architectures: [amd64] }', 'oci.repository'],
    ['oci: { repository: lts-core, architectures: [all] }', 'oci.architectures[0]'],
    ['oci: { repository: lts-core, architectures: [386] }', 'oci.architectures[0]'],
    ['oci: { repository: lts-core, architectures: [amd64, amd64] }', 'oci.architectures[1]'],
  ])('refuses %s at %s, and finds nothing else wrong', (line, path) => {
    expect(mistakesIn(withLine(line))).toEqual([
      expect.objectContaining({ path: `components[0].${path}` }),
    ]);
  });

  it('shows a number as it was written', () => {
    expect(mistakesIn(withLine('series: [2024.10]'))[0]?.message).toContain('"2024.10"');
  });

  describe('of a text made to exhaust it', () => {
    const longList = Array.from({ length: 50_000 }, (_, index) => `"s${index}"`).join(',');
    const bomb = (uses: number) =>
      `components:\n  - { name: a, series: &s [${longList}], rpm: { targets: [el9-x86_64] } }\n` +
      Array.from({ length: uses }, (_, i) => `  - { name: b${i}, series: *s }\n`).join('');
    const laughs =
      'a: &a [x, x]\n' +
      Array.from(
        { length: 25 },
        (_, i) =>
          `${String.fromCharCode(98 + i)}: &${String.fromCharCode(98 + i)} ` +
          `[*${String.fromCharCode(97 + i)}, *${String.fromCharCode(97 + i)}]\n`,
      ).join('') +
      'components: *z\n';

    it.each([
      ['brackets nested 200,000 deep', '['.repeat(200_000), /nested deeper/],
      ['10 kB of them', '['.repeat(5000) + ']'.repeat(5000), /nested deeper/],
      ['list items nested in one line', '- '.repeat(100_000), /nested deeper/],
      ['a file over 1 MiB', `# ${'ä'.repeat(600_000)}`, /larger than 1048576 bytes/],
      ['a list repeated by aliases', bomb(2000), /more than 100000 values/],
      ['aliases of aliases of aliases', laughs, /must be a mapping/],
      ['an alias inside its own anchor', 'components: &a [*a]', /must be a mapping/],
      [
        '80,000 keys',
        Array.from({ length: 80_000 }, (_, i) => `k${i}:`).join('\n'),
        /unknown key "k0"/,
      ],
    ])('says what is wrong with %s', (_what, text, message) => {
      const started = performance.now();

      expect(mistakesIn(text).map((mistake) => mistake.message)).toContainEqual(
        expect.stringMatching(message),
      );
      expect(performance.now() - started).toBeLessThan(20_000);
    });
  });

  const aPlace = { line: expect.any(Number), column: expect.any(Number) };

  it('never throws: a text is a catalogue or has mistakes, each with a place', () => {
    const yamlPieces = fc.constantFrom(
      ...'components:|name:|series:|rpm:|targets:|oci:|repository:|architectures:|visibility:'.split(
        '|',
      ),
      ...['- ', '[', ']', '{', '}', ', ', '\n', '\n  ', '\n    ', '\t', ': ', '? ', '"', "'", '#'],
      ...['&a ', '*a', '!!str ', '!x ', '| ', '> ', '---\n', '...', '%YAML 1.1\n', '<<: ', '\0'],
      ...['core', 'el9-x86_64', '2025', '~', 'true', '!!binary aa', '!!set {a}', '\ud800'],
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(yamlPieces, { maxLength: 40 }).map((pieces) => pieces.join('')),
      fc.jsonValue().map((value) => stringify({ components: value })),
      fc.jsonValue().map((value) => stringify({ components: [{ name: 'a', rpm: value }] })),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const mistakes = mistakesIn(text);
        if (mistakes.length === 0) documentOf(text);
        for (const mistake of mistakes) {
          expect(mistake).toMatchObject(aPlace);
          expect(Math.min(mistake.line, mistake.column)).toBeGreaterThanOrEqual(1);
          expect(mistake.message).not.toBe('');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads back any catalogue that was written as YAML', () => {
    const some = (pattern: RegExp) =>
      fc.uniqueArray(fc.stringMatching(pattern), { minLength: 1, maxLength: 4 });
    const someOf = (...words: string[]) => fc.subarray(words, { minLength: 1 });
    const rpm = fc.record({ targets: someOf('el8-x86_64', 'el9-aarch64', 'fedora-42-x86_64') });
    const deb = fc.record({
      distributions: some(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
      architectures: someOf('amd64', 'arm64', 'i386'),
    });
    const oci = fc.record({
      repository: fc.stringMatching(/^[a-z0-9]{1,9}((\.|_|__|-{1,3})[a-z0-9]{1,9}){0,3}$/),
      architectures: someOf('amd64', '386'),
    });
    const component = fc
      .record(
        {
          name: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/),
          description: fc.string().filter((text) => !/[\0\p{Surrogate}]/u.test(text)),
          visibility: fc.constantFrom('public' as const, 'private' as const),
          series: some(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
          rpm,
          deb,
          oci,
        },
        { requiredKeys: ['name', 'description', 'visibility', 'series'] },
      )
      .filter(({ rpm, deb, oci }) => Boolean(rpm ?? deb ?? oci));
    const catalogue = fc.record({
      components: fc.uniqueArray(component, {
        minLength: 1,
        maxLength: 5,
        comparator: (a, b) =>
          a.name === b.name || (!!a.oci && a.oci.repository === b.oci?.repository),
      }),
    });
    fc.assert(
      fc.property(catalogue, (document) => {
        expect(documentOf(stringify(document))).toEqual(document);
      }),
      { numRuns: 300 },
    );
  });
});
