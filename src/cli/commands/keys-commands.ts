import type { Cli } from '../cli.js';
import { group } from './command.js';
import { createKeyCommand } from './keys/create-key.js';
import { importKeysCommand } from './keys/import-keys.js';
import { keyUsageCommand } from './keys/key-usage.js';
import { listKeysCommand } from './keys/list-keys.js';
import { lookupKeyCommand } from './keys/lookup-key.js';
import { revokeKeyCommand } from './keys/revoke-key.js';
import { rotateKeyCommand } from './keys/rotate-key.js';
import { setupKeyCommand } from './keys/setup-key.js';
import { showKeyCommand } from './keys/show-key.js';
import { updateKeyCommand } from './keys/update-key.js';

export const keysCommands = (cli: Cli) =>
  group('keys', 'What subscribers hold: who may install what, and until when', [
    createKeyCommand(cli),
    listKeysCommand(cli),
    showKeyCommand(cli),
    updateKeyCommand(cli),
    rotateKeyCommand(cli),
    revokeKeyCommand(cli),
    lookupKeyCommand(cli),
    keyUsageCommand(cli),
    setupKeyCommand(cli),
    importKeysCommand(cli),
  ]);
