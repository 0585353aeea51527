import { buildTimeout } from '../clients/support/built-tools.js';
import { backups } from './backups.js';
import { checksThatFail } from './checks-that-fail.js';
import { decisions } from './decisions.js';
import { deployment } from './deployment.js';
import { keyCompromise } from './key-compromise.js';
import { outages } from './outages.js';
import { promotion } from './promotion.js';
import { subscribers } from './subscribers.js';
import { Stack } from './support/stack.js';
import { upgrade } from './upgrade.js';

/** One stack, in the order of an operator's day: it is set up, promotes, serves, and then things break. */
describe('the production stack', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await Stack.start();
  }, buildTimeout);
  afterAll(() => stack?.stop(), 120_000);

  const running = () => stack;
  describe('a clean machine', () => deployment(running));
  describe('a promotion by CI', () => promotion(running));
  describe('subscribers', () => subscribers(running));
  describe('what subscribers may', () => decisions(running));
  describe('a backup', () => backups(running));
  describe('an outage', () => outages(running));
  describe('the checks', () => checksThatFail(running));
  describe('an upgrade', () => upgrade(running));
  describe('a known key', () => keyCompromise(running));
});
