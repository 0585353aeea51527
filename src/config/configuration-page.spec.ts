import { configurationPage } from './configuration-page.js';
import { settingSpecs } from './setting-specs.js';

describe('the page of settings', () => {
  const page = configurationPage();

  it('has a section for every setting, in the order of the table', () => {
    const sections = [...page.matchAll(/^## `(\w+)`$/gm)].map(([, name]) => name);
    expect(sections).toEqual(Object.keys(settingSpecs));
  });

  it.each(Object.entries(settingSpecs))(
    'says what %s means and what it is by default',
    (name, spec) => {
      const [, section = ''] = page.split(`## \`${name}\`\n`);
      const [meaning = '', byDefault = ''] = section
        .split('\n## ')[0]!
        .trim()
        .split('\n\nDefault: ');
      expect(meaning).toContain(spec.desc);
      expect(byDefault).toContain(spec.example);
    },
  );

  it('shows a value as code, and what is said of one as text', () => {
    const text = configurationPage({
      PORT: { desc: 'A port.', default: 80, example: '80' },
      NAME: { desc: 'A name.', default: '', example: 'none' },
      HOST: { desc: 'A host.', default: 'x', example: 'the name of this machine' },
      LEVEL: { desc: 'A level.', default: 'low', example: 'low', choices: ['low', 'high'] },
    });
    expect(text).toContain('## `PORT`\n\nA port.\n\nDefault: `80`\n');
    expect(text).toContain('## `NAME`\n\nA name.\n\nDefault: none\n');
    expect(text).toContain('## `HOST`\n\nA host.\n\nDefault: the name of this machine\n');
    expect(text).toContain('## `LEVEL`\n\nA level. One of `low`, `high`.\n\nDefault: `low`\n');
  });
});
