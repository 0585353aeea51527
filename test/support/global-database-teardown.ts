import type {} from './global-database.js';

/** Jest's globalTeardown: stops what global-database.ts started, and its folder goes with it. */
export default async function stopGlobalDatabase(): Promise<void> {
  await globalThis.packyardTestDatabase?.stop();
}
