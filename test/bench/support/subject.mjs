/** What is measured: Packyard as shipped, on a PostgreSQL of its own, with keys in it. */
import { load } from '../../support/typescript.mjs';
import { interrupted, tell } from './benchmark.mjs';
import { cores, pin } from './machine.mjs';

const { forkEmbeddedPostgres } = load('test/support/fork-embedded-postgres.ts');
const { install } = load('test/support/installation.ts');

export const { generateSecret } = load('src/keys/key-format.ts');

const COMPONENTS = ['core', 'minion'];
/** Requests at once while keys are made. */
const AT_ONCE = 4;

/** An embedded PostgreSQL, for `createTestDatabase` and `install`. */
export async function startPostgres(stopLater) {
  const postgres = await forkEmbeddedPostgres();
  stopLater(() => postgres.stop());
  process.env.PACKYARD_TEST_DATABASE_URL = postgres.url;
  return postgres;
}

/** The built server in a process of its own with every listener open, settings as they come. */
export async function startPackyard(stopLater) {
  const packyard = await install();
  stopLater(() => packyard.remove());
  pin(packyard.pid, cores.server);
  return packyard;
}

/** Makes keys over the admin API, in turn for each component. */
export async function makeKeys(packyard, count) {
  tell(`Making ${count} keys over the admin API…`);
  const keys = [];
  let next = 0;
  const makeSome = async () => {
    while (next < count) {
      interrupted.throwIfAborted();
      const number = next++;
      const component = COMPONENTS[number % COMPONENTS.length];
      const { id, key } = await packyard.createKey({ component, label: `Benchmark ${number}` });
      keys.push({ id, component, secret: key });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, makeSome));
  return keys;
}

export async function revoke(packyard, keys) {
  for (const { id } of keys) {
    const { status } = await fetch(`${packyard.admin}/api/v1/keys/${id}`, { method: 'DELETE' });
    if (status !== 204) throw new Error(`revoking a key was answered ${status}`);
  }
}
