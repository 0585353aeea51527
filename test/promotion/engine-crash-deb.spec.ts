import { DebBuilder } from '../../src/promotion/deb/deb-builder.js';
import { requireTools } from '../clients/support/required-tools.js';
import { buildDeb } from '../clients/support/sample-packages.js';
import { type CrashCase, inTool, killAtEachMoment } from './support/killed-at-each-moment.js';
import { MortalPackyard } from './support/mortal-packyard.js';

const DEB: CrashCase = {
  place: 'core/2025/deb/bookworm-all',
  livePath: 'deb/core/2025',
  build: buildDeb,
  builder: (workFolder) => new DebBuilder(workFolder),
  moments: [...'dpkg-deb aptly gpg'.split(' ').map(inTool), 'rename core/2025'],
};

let server: MortalPackyard;
beforeAll(async () => {
  requireTools();
  server = await MortalPackyard.start(DEB.place);
});
afterAll(() => server?.stop());

it('leaves what was live or what becomes live, whole, wherever it is killed in promoting DEB, and goes on', async () => {
  await killAtEachMoment(server, DEB);
}, 600_000);
