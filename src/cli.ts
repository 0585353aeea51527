import { readEnvironment } from './cli/environment.js';
import { runCli } from './cli/run-cli.js';

// Whoever reads us may have read enough (`packyard keys list | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCli(process.argv.slice(2), readEnvironment());
