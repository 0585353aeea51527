import { keySetup } from './support/key-setup.js';
import { run } from './support/run.js';
import { type Site, startSite } from './support/site.js';

describe('the texts to paste', () => {
  let site: Site;

  beforeAll(async () => {
    site = await startSite();
  });
  afterAll(() => site?.stop());

  it.each(['', 'https://pkg.example.org', 'http://[::1]:8000', 'https://example.org/$(id)`x`'])(
    'have nothing that shellcheck would change, with PUBLIC_URL %s',
    async (publicUrl) => {
      const components = ['core', 'minion', 'community'];
      const { clients } = await keySetup(site, components, { publicUrl });
      expect(clients).toHaveLength(7);

      for (const { client, text } of clients) {
        // As pasted, and then what the quotes hold: shellcheck does not look into them.
        const script = /^sh -c '\n([^']*)\n'\n$/.exec(text)?.[1];
        for (const input of script === undefined ? [text] : [text, script]) {
          const { code, output } = await run('shellcheck', ['--shell=sh', '-'], { input });
          expect({ client, code, output }).toEqual({ client, code: 0, output: '' });
        }
      }
    },
  );

  it('hold no key, and the files do', async () => {
    const { key: secret } = await site.admin.createKey('core');
    const { clients } = await keySetup(site, ['core'], { secret });
    const encoded = Buffer.from(`subscriber:${secret}`).toString('base64');

    for (const { client, text, files } of clients) {
      expect(text).not.toContain(secret);
      const holding = files.filter(
        ({ content }) => content.includes(secret) || content.includes(encoded),
      );
      expect(holding.map(({ mode }) => mode)).toEqual(client === 'ansible' ? [] : ['0600']);
    }
  });
});
