/**
 * `npm test`: makes the checkout ready and runs the named tiers (Jest projects).
 * Whatever else is given goes to Jest: `npm test -- some/file.spec.ts -t words`.
 * The last line is `N passed, N failed`; a run without a test, or with one skipped, has failed.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout, prepare } from './prepare.mjs';

const knownTiers = [
  'unit',
  'contract',
  'integration',
  'e2e',
  'browser',
  'fuzz',
  'promotion',
  'clients',
  'stack',
];

const args = process.argv.slice(2);
const firstOther = args.findIndex((arg) => !knownTiers.includes(arg));
const tiers = firstOther < 0 ? args : args.slice(0, firstOther);
const others = args.slice(tiers.length);

/** Tests wait more than they compute, so two files run at a time also on two cores, where Jest would take one. */
const workers = `--maxWorkers=${Math.max(2, availableParallelism() - 1)}`;

await prepare();
const { code, passed, failed, skipped } = await runJest();
if (skipped > 0) console.log(`${skipped} tests were skipped: a run is whole or it has failed.`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(code || (passed + failed > 0 && skipped === 0 ? 0 : 1));

async function runJest() {
  const folder = mkdtempSync(join(tmpdir(), 'packyard-jest-'));
  const report = join(folder, 'report.json');
  try {
    const jest = [
      join(checkout, 'node_modules/jest/bin/jest.js'),
      `--outputFile=${report}`,
      '--json',
    ];
    // The list of projects takes every word that follows it, so it comes last.
    const child = spawn(
      process.execPath,
      [...jest, workers, ...others, '--selectProjects', ...tiers],
      {
        cwd: checkout,
        stdio: 'inherit',
      },
    );
    // A terminal's Ctrl-C reaches Jest too, and we wait for what it makes of it.
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    const code = await new Promise((resolve) => {
      child.once('error', () => resolve(1));
      child.once('close', (exitCode, signal) =>
        resolve(exitCode ?? (signal === 'SIGINT' ? 130 : 1)),
      );
    });
    return { code, ...readReport(report) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A test file that could not be loaded counts as one failed test; it has no other number. */
function readReport(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
    const skipped = others.length > 0 ? 0 : report.numPendingTests + report.numTodoTests;
    return { passed: report.numPassedTests, failed, skipped };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
