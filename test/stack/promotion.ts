import type { Stack } from './support/stack.js';

export const REPOMD = (component: string) =>
  `/rpm/${component}/2025/el9-x86_64/repodata/repomd.xml`;
export const RELEASE = (component: string) => `/deb/${component}/2025/dists/bookworm/InRelease`;
export const MANIFEST = (component: string) => `/v2/oci/lts-${component}/manifests/2025`;

export function promotion(stack: () => Stack): void {
  it.each(['core', 'minion', 'community'])(
    'of RPMs of %s, staged to S3 and signed with the document’s key, is live',
    async (component) => {
      const { key } = await stack().keys.createKey(component);
      expect(await stack().statusOf(REPOMD(component), key)).toBe(404);
      await stack().ci.promoteRpm(component, `acme-${component}`);
      const answer = await stack().get(REPOMD(component), key);
      expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('<repomd')]);
      expect(answer.headers.get('cache-control')).toBe('private, no-cache');
    },
    180_000,
  );

  it('of a DEB is live', async () => {
    const { key } = await stack().keys.createKey('core');
    expect(await stack().statusOf(RELEASE('core'), key)).toBe(404);
    await stack().ci.promoteDeb('core', 'acme-core');
    const { status, body } = await stack().get(RELEASE('core'), key);
    expect([status, body]).toEqual([200, expect.stringContaining('Codename: bookworm')]);
  }, 180_000);

  it('of an image is live', async () => {
    const { key } = await stack().keys.createKey('core');
    expect(await stack().statusOf(MANIFEST('core'), key)).toBe(404);
    await stack().ci.promoteImage('core', '1.0.0');
    const { status, body } = await stack().get(MANIFEST('core'), key);
    expect([status, body]).toEqual([200, expect.stringContaining('"arm64"')]);
  }, 180_000);

  it('is verified from outside, where each format is published', async () => {
    const { key } = await stack().keys.createKey('core');
    const options = ['--base-url', stack().site, '--test-component', 'core', '--test-key', key];
    const { code, output } = await stack().run('bash', 'verify.sh', ...options);
    expect([code, output]).toEqual([0, output]);
    expect(output).toMatch(/=== Results: \d+ passed, 0 failed ===\n$/);
    for (const path of [REPOMD('core'), RELEASE('core'), '/v2/oci/lts-core/tags/list']) {
      expect(output).toContain(`PASS: the key is let through: ${path} (200)`);
    }
  }, 60_000);
}
