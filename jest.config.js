/**
 * One Jest project a tier. Everything, node_modules too, is transformed to
 * CommonJS with swc: Nest 12 is ESM-only and Jest's native ESM fails on Node 20.
 */
const project = (displayName, testMatch, extra = {}) => ({
  displayName,
  testMatch,
  testEnvironment: 'node',
  transform: {
    '^.+\\.(ts|js|mjs)$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  ...extra,
});

const withDatabase = {
  globalSetup: '<rootDir>/test/support/global-database.ts',
  globalTeardown: '<rootDir>/test/support/global-database-teardown.ts',
};

export default {
  testTimeout: 60_000,
  projects: [
    project('unit', ['<rootDir>/src/**/*.spec.ts']),
    project('contract', ['<rootDir>/test/contract/**/*.spec.ts'], withDatabase),
    project('integration', ['<rootDir>/test/integration/**/*.spec.ts'], withDatabase),
    project('e2e', ['<rootDir>/test/e2e/**/*.spec.ts'], withDatabase),
    project('fuzz', ['<rootDir>/test/fuzz/**/*.spec.ts'], withDatabase),
    project('browser', ['<rootDir>/test/browser/**/*.spec.ts'], withDatabase),
    project('promotion', ['<rootDir>/test/promotion/**/*.spec.ts'], withDatabase),
    project('clients', ['<rootDir>/test/clients/**/*.spec.ts']),
    project('stack', ['<rootDir>/test/stack/**/*.spec.ts']),
  ],
};
