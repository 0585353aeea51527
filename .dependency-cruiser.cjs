/**
 * The boundaries of ARCHITECTURE.md, checked. Arrows go
 * listeners → controllers → services → ports; adapters implement ports.
 */
const DOMAINS =
  'forward-auth|keys|key-lookup|components|promotion|published|health|gateway|metrics|admin|changes|signing|audit|setup|status|staging|key-journal';

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'only-the-top-knows-listeners',
      comment: 'Nothing imports a listener but main.',
      severity: 'error',
      from: { pathNot: '^src/(listeners/|main\\.ts$)' },
      to: { path: '^src/listeners/' },
    },
    {
      name: 'typeorm-in-stores',
      comment:
        'typeorm is used in entities, stores, the database folder and migrations; a module may name the DataSource.',
      severity: 'error',
      from: {
        pathNot:
          '(\\.entity|\\.store|\\.module)\\.ts$|^src/database/|^migrations/|^src/(main|create-app)\\.ts$',
      },
      to: { path: '^node_modules/typeorm/' },
    },
    {
      name: 'http-at-the-edge',
      comment: 'Services and stores know nothing of HTTP.',
      severity: 'error',
      from: { path: '\\.(service|store|entity)\\.ts$' },
      to: { path: '^node_modules/(fastify|@nestjs/platform-fastify)/|^(node:)?https?$' },
    },
    {
      name: 'decisions-are-pure',
      severity: 'error',
      from: { path: '^src/forward-auth/(decide-access|request-target|presented-secret)\\.ts$' },
      to: { path: '^node_modules/|\\.(service|store|module|controller)\\.ts$' },
    },
    {
      name: 'forward-auth-reads-narrow-ports',
      comment:
        'Of keys, components and changes, forward-auth knows the read ports and the modules.',
      severity: 'error',
      from: { path: '^src/forward-auth/' },
      to: {
        path: `^src/(${DOMAINS})/`,
        pathNot:
          '^src/forward-auth/|^src/keys/(key-directory|key-format|keys\\.module)\\.ts$|^src/components/(catalogue|catalogue-view|components\\.module)\\.ts$|^src/changes/(change-feed|changes\\.module)\\.ts$',
      },
    },
    {
      name: 'domains-do-not-know-who-asks',
      comment:
        'keys and components know neither forward-auth nor the gateway; changes knows no domain.',
      severity: 'error',
      from: { path: '^src/(keys|components|changes|usage|config|common)/' },
      to: { path: '^src/(forward-auth|gateway|health|metrics|signing|status)/' },
    },
    {
      name: 'common-is-the-ground',
      severity: 'error',
      from: { path: '^src/common/' },
      to: { path: '^src/', pathNot: '^src/common/' },
    },
    {
      name: 'audit-knows-no-domain',
      severity: 'error',
      from: { path: '^src/audit/' },
      to: { path: '^src/(keys|components|changes|usage|forward-auth|gateway)/' },
    },
    {
      name: 'setup-knows-the-catalogue-alone',
      comment: 'A text is made from components, an address and a signing key: not from keys.',
      severity: 'error',
      from: { path: '^src/setup/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(setup|components|config|common)/' },
    },
    {
      name: 'usage-knows-no-domain',
      severity: 'error',
      from: { path: '^src/usage/' },
      to: { path: '^src/(keys|components|changes|forward-auth|gateway|admin)/' },
    },
    {
      name: 'published-knows-the-catalogue-alone',
      severity: 'error',
      from: { path: '^src/published/' },
      to: {
        path: `^src/(${DOMAINS})/`,
        pathNot: '^src/published/|^src/components/catalogue\\.ts$',
      },
    },
    {
      name: 'changes-knows-no-domain',
      severity: 'error',
      from: { path: '^src/changes/' },
      to: { path: '^src/(keys|components|forward-auth|gateway|admin)/' },
    },
    {
      name: 'key-journal-knows-no-domain',
      comment: 'It writes down rows of keys, and knows nothing of what keys are for.',
      severity: 'error',
      from: { path: '^src/key-journal/' },
      to: { path: '^src/(keys|components|changes|forward-auth|gateway|admin)/' },
    },
    {
      name: 'fakes-stay-in-tests',
      severity: 'error',
      from: { pathNot: '\\.(spec|fake)\\.ts$' },
      to: { path: '\\.fake\\.ts$' },
    },
    {
      name: 'nothing-orphaned',
      severity: 'error',
      from: { orphan: true, pathNot: '\\.(spec|fake|d)\\.ts$' },
      to: {},
    },
    {
      name: 'the-command-line-knows-the-api-alone',
      comment:
        'src/cli speaks to a server over HTTP. It shares with it the formats in common/, the words of promotion, and the signer, which believes nothing the server says.',
      severity: 'error',
      from: { path: '^src/cli(/|\\.ts$)' },
      to: {
        path: '^src/',
        pathNot:
          '^src/cli/|^src/signer/|^src/common/(admin-token|secret-format|domain-error|start-error)\\.ts$|^src/promotion/publication\\.ts$|^src/signing/primary-keys\\.ts$',
      },
    },
    {
      name: 'the-signer-knows-no-server',
      comment:
        'src/signer runs in CI: of the server it has what reads packages, metadata and staging, and nothing that decides or stores.',
      severity: 'error',
      from: { path: '^src/signer/' },
      to: {
        path: '^src/.*\\.(service|store|module|controller)\\.ts$|^src/(keys|forward-auth|gateway|database|admin|changes|listeners)/|^node_modules/(@nestjs|typeorm|fastify|pg)/',
      },
    },
    {
      name: 'nothing-knows-the-command-line',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli(/|\\.ts$)' },
      to: { path: '^src/cli/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
