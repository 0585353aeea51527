import type { PromotionJob } from './promotion-job.js';
import { takeStagedSet } from './staged-set.js';

it('takes no more files than one promotion may have', async () => {
  const staged = Array.from({ length: 10_001 }, (_, i) => ({
    ...{ state: 'complete', name: `acme-${i}.rpm`, size: 1, sha256: '0'.repeat(64) },
  }));
  const job = {
    destination: { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' },
    component: () => ({}),
    step: (_name: string, work: () => unknown) => work(),
    shop: { staging: { list: () => staged }, promotions: { files: () => Promise.resolve([]) } },
  } as unknown as PromotionJob;

  await expect(takeStagedSet(job)).rejects.toMatchObject({
    code: 'PACKAGE_REFUSED',
    message: expect.stringContaining('10001 files are staged, and one promotion takes 10000'),
  });
});
