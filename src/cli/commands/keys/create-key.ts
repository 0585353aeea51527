import { randomUUID } from 'node:crypto';
import type { components } from '../../admin-api.js';
import { granted, isConnectionLost, type AdminApiClient } from '../../admin-api-client.js';
import type { Cli } from '../../cli.js';
import { CliError } from '../../cli-error.js';
import { nameOf } from '../../key-texts.js';
import { SETUP_CLIENTS, setupText } from '../../setup-text.js';
import { command, COMPONENT_OPTION, componentNames } from '../command.js';

type Order = components['schemas']['CreateKeyDto'];
type CreatedKey = components['schemas']['CreatedKeyDto'];

export const createKeyCommand = (cli: Cli) =>
  command({
    command: 'create',
    describe: 'Make a key. Standard output is the key alone, and has it this once',
    builder: (yargs) =>
      yargs
        .option('component', { ...COMPONENT_OPTION, demandOption: true })
        .option('label', {
          alias: 'l',
          string: true,
          requiresArg: true,
          demandOption: true,
          describe: 'What you will recognise the key by',
        })
        .option('customer', { string: true, requiresArg: true, describe: 'Whose key it is' })
        .option('expires-at', {
          string: true,
          requiresArg: true,
          describe: 'When it stops working, such as 2027-12-31T23:59:59Z; else when it is revoked',
        })
        .option('setup', {
          choices: SETUP_CLIENTS,
          requiresArg: true,
          describe:
            'Behind the key, what the subscriber pastes on this client; it asks for the key',
        })
        .example('$0 keys create -c core -l "Acme Corp"', 'A key for one component')
        .example(
          '$0 keys create -c core,minion -l Acme --expires-at 2027-12-31T23:59:59Z',
          'For two, with an end',
        )
        .example('$0 keys create -c core -l Acme --setup apt', 'With what the subscriber pastes'),
    handler: async (options) => {
      const api = cli.api(options);
      const key = await createOnce(api, {
        components: componentNames(options.component),
        label: options.label,
        customer: options.customer,
        expires_at: options.expiresAt,
      });
      // The key by itself, and first: whatever happens next, nobody can show it again.
      cli.answer(options, key, () => key.key);
      if (options.json) return;
      cli.tell(
        `Made key ${key.id}: ${nameOf(key)}. It is shown this once: hand it to the subscriber now.`,
      );
      if (options.setup !== undefined) cli.write(`\n${setupText(key.setup, options.setup)}`);
    },
  });

/** Asks again where the connection was lost: the `Idempotency-Key` keeps that from making two keys. */
async function createOnce(api: AdminApiClient, body: Order): Promise<CreatedKey> {
  const order = {
    params: { header: { 'Idempotency-Key': randomUUID() } },
    body,
  };
  const post = () => granted(api.POST('/api/v1/keys', order));
  try {
    return await post();
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    return await post().catch((second: unknown) => {
      throw madeWithoutAnAnswer(second);
    });
  }
}

/** The first request did make the key, and the answer with the secret was the one that got lost. */
function madeWithoutAnAnswer(error: unknown): unknown {
  if (!(error instanceof CliError) || error.code !== 'KEY_ALREADY_CREATED') return error;
  const { id } = error.details as { id: string };
  return new CliError(
    1,
    error.code,
    `The connection was lost after key ${id} was made, and its secret with it. Get another for it:\n` +
      `  packyard keys rotate ${id} --overlap PT0S`,
    error.details,
  );
}
