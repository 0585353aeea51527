import { RpmBuilder } from '../../src/promotion/rpm/rpm-builder.js';
import { requireTools } from '../clients/support/required-tools.js';
import { buildRpm } from '../clients/support/sample-packages.js';
import { type CrashCase, inTool, killAtEachMoment } from './support/killed-at-each-moment.js';
import { MortalPackyard } from './support/mortal-packyard.js';

const RPM: CrashCase = {
  place: 'core/2025/rpm/el9-x86_64',
  livePath: 'rpm/core/2025/el9-x86_64',
  build: buildRpm,
  builder: (workFolder) => new RpmBuilder(workFolder),
  moments: [
    ...'rpm rpmsign rpmkeys createrepo_c repo2solv gpg'.split(' ').map(inTool),
    'INSERT INTO promotion_step sign_packages',
    'rename 2025/el9-x86_64',
  ],
};

let server: MortalPackyard;
beforeAll(async () => {
  requireTools();
  server = await MortalPackyard.start(RPM.place);
});
afterAll(() => server?.stop());

it('leaves what was live or what becomes live, whole, wherever it is killed in promoting RPM, and goes on', async () => {
  await killAtEachMoment(server, RPM);
}, 600_000);
