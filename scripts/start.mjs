/**
 * `npm start`: makes the checkout ready and runs Packyard in this very process,
 * so that a signal sent to it is one to Packyard.
 */
import { prepare } from './prepare.mjs';

await prepare();
await import('../dist/src/main.js');
