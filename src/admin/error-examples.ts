import type { ErrorCode } from '../common/domain-error.js';

/** A key that nobody has. */
const ID = '11111111-1111-4111-8111-111111111111';

/** What an answer says beyond its code. */
interface ErrorExample {
  readonly message: string;
  readonly details?: object;
}

/** An answer of each error, for the description of the API. The compiler checks that none is missing. */
export const ERROR_EXAMPLES: Record<ErrorCode, ErrorExample> = {
  INVALID_REQUEST: {
    message: 'colour is not known here. label must be a string.',
    details: [
      { field: 'colour', problem: 'colour is not known here' },
      { field: 'label', problem: 'label must be a string' },
    ],
  },
  MALFORMED_JSON: {
    message:
      'The body is not JSON. Check its quotes and commas; without a body, leave out Content-Type.',
  },
  FOREIGN_PEER: {
    message:
      'The admin API takes requests from ADMIN_ALLOWED_CIDRS alone. Reach it through an SSH tunnel: ssh -L 8088:127.0.0.1:8088.',
  },
  FOREIGN_HOST: {
    message:
      'The admin API answers to the names in ADMIN_ALLOWED_HOSTS alone, such as http://127.0.0.1:8088.',
  },
  FOREIGN_ORIGIN: {
    message:
      'A page of another site may neither change nor load anything here. Use the documentation at /docs, or a client outside the browser.',
  },
  TOKEN_REQUIRED: {
    message:
      'The admin API needs a token here: send it as Authorization: Bearer TOKEN, set PACKYARD_ADMIN_TOKEN for bin/packyard, or give it as the password in a browser.',
  },
  READONLY_TOKEN: {
    message: 'The token "monitoring" may read and change nothing. Use one with the role admin.',
  },
  ROUTE_NOT_FOUND: {
    message:
      'There is no such path, or not with this method. GET /docs/openapi.json lists those there are.',
  },
  KEY_NOT_FOUND: {
    message: `There is no key ${ID}. GET /api/v1/keys lists those there are.`,
  },
  KEY_ALREADY_CREATED: {
    message:
      `The key ${ID} was made with this Idempotency-Key before, and its secret is shown once. ` +
      `Did nobody get it? Then POST /api/v1/keys/${ID}/rotate with {"overlap": "PT0S"} makes another.`,
    details: { id: ID },
  },
  KEY_REVOKED: {
    message: `The key ${ID} was revoked, and that is for good. Make a new one with POST /api/v1/keys.`,
  },
  KEY_EXPIRED: {
    message:
      `The key ${ID} expired at 2026-11-01T00:00:00.000Z: a new secret would not work either. ` +
      `Give it another expires_at with PATCH /api/v1/keys/${ID} first.`,
  },
  ROTATION_IN_PROGRESS: {
    message:
      'Two secrets of this key work until 2026-12-01T00:00:00.000Z. Rotate again after that; or now with "replace": true, if nobody ' +
      'got the newer one; or now with "overlap": "PT0S", which ends both at once.',
    details: { until: '2026-12-01T00:00:00.000Z' },
  },
  NO_ROTATION: {
    message: `No rotation of the key ${ID} is under way, so there is no newer secret to replace. Leave out "replace".`,
  },
  COMPONENT_NOT_FOUND: {
    message: 'There is no component "horizon". The catalogue has: core, minion.',
    details: { known: ['core', 'minion'] },
  },
  COMPONENT_IN_USE: {
    message:
      'config/packyard.yml lacks a component that live keys use (1 of them in details). ' +
      'Nothing was changed. Put it back, or reload with {"force": true} to take it from these keys.',
    details: {
      keys: [
        {
          id: ID,
          label: 'Acme Corp — Core',
          components: ['minion'],
        },
      ],
    },
  },
  BODY_TOO_LARGE: { message: 'The body is larger than 1 MiB. Send less at once.' },
  UNSUPPORTED_MEDIA_TYPE: {
    message: 'A body must be JSON: set Content-Type: application/json.',
  },
  UNKNOWN_COMPONENT: {
    message: 'There is no component "horizon". The catalogue has: core, minion.',
    details: { unknown: ['horizon'], known: ['core', 'minion'] },
  },
  IMPORT_REFUSED: {
    message:
      'Nothing was imported: 1 mistakes are in it, and details has them (1000 at most). ' +
      'Correct them and import again; keys that are here already are left out with "skip_existing": true.',
    details: {
      mistakes: [{ index: 0, field: 'component', problem: 'there is no component "horizon"' }],
      total: 1,
    },
  },
  CATALOGUE_INVALID: {
    message:
      'The catalogue config/packyard.yml (PACKYARD_CONFIG) has mistakes; nothing was changed:\n' +
      '  line 2, column 11, components[0].name: must be lower-case letters, digits and hyphens',
    details: {
      mistakes: [
        {
          line: 2,
          column: 11,
          path: 'components[0].name',
          message: 'must be lower-case letters, digits and hyphens',
        },
      ],
    },
  },
  DATABASE_UNAVAILABLE: {
    message:
      'The database does not answer. Subscribers are served from memory meanwhile; try again shortly.',
  },
  KEY_JOURNAL_UNAVAILABLE: {
    message:
      'Nothing was changed. The key journal /var/lib/packyard/key-journal (KEY_JOURNAL_DIR) cannot be used (ENOSPC). ' +
      'See that the folder is mounted, has room and can be written, and do it again.',
  },
  KEY_JOURNAL_DIVERGED: {
    message:
      'The key journal /var/lib/packyard/key-journal (KEY_JOURNAL_DIR) does not belong to this database: both have changes of keys since the change 41. ' +
      'Is the journal right? Restore the backup once more, and start with this journal before anything else is changed. ' +
      'Is the database right? Move the files out of the folder: a new journal begins with all its keys.',
  },
  INTERNAL_ERROR: { message: 'This is a fault of ours. The log has it under this request_id.' },
  UNKNOWN_TARGET: {
    message:
      'The component core has no target "el7-x86_64". The catalogue has: el8-x86_64, el9-x86_64.',
    details: { field: 'target', known: ['el8-x86_64', 'el9-x86_64'] },
  },
  PROMOTION_NOT_FOUND: {
    message:
      'There is no promotion 11111111-1111-4111-8111-111111111111. GET /api/v1/promotions lists those there are.',
  },
  FILE_NOT_FOUND: {
    message: 'The snapshot has no file repodata/none.xml.',
    details: { path: 'repodata/none.xml' },
  },
  PROMOTION_FINISHED: {
    message:
      'The promotion is live: there is nothing to cancel. What is live is undone with POST /api/v1/rollbacks.',
  },
  NOTHING_STAGED: {
    message:
      'Nothing that is complete waits in staging at core/2025/rpm/el9-x86_64: a file is complete with its .sha256 beside it. scripts/stage-artifact.sh uploads both.',
  },
  NOTHING_TO_CHANGE: {
    message:
      'What el9-x86_64 holds now is what it held in the release 20261124T110500Z-3f9a1c: there is nothing to bring back.',
  },
  PACKAGE_REFUSED: {
    message: 'acme-2.0-1.x86_64.rpm is a package for aarch64, and was staged under el9-x86_64.',
  },
  PACKAGE_CONFLICT: {
    message:
      'Packages that subscribers may have would change under their name: acme-2.0-1.x86_64.rpm (acme 2.0-1 x86_64) has other content than Packages/acme-2.0-1.x86_64.rpm. Build them with another version or release.',
    details: {
      conflicts: [
        'acme-2.0-1.x86_64.rpm (acme 2.0-1 x86_64) has other content than Packages/acme-2.0-1.x86_64.rpm',
      ],
    },
  },
  PACKAGE_WITHDRAWN: {
    message:
      'The release 20261124T110500Z-3f9a1c holds what was withdrawn since: Packages/acme-2.0-1.x86_64.rpm. Choose a release without it, or stage and promote it again first if it is good after all.',
    details: { packages: ['Packages/acme-2.0-1.x86_64.rpm'] },
  },
  PACKAGE_NOT_LIVE: {
    message:
      'These are not live, so they cannot be withdrawn: acme-9-1.x86_64.rpm. GET /api/v1/releases lists what is.',
    details: { packages: ['acme-9-1.x86_64.rpm'] },
  },
  IMAGE_LIVE: {
    message:
      'lts-core:2025.1.3 is what its series names now, and would leave it without an image. Roll back to an earlier release, or promote another version, then withdraw it.',
    details: { version: '2025.1.3' },
  },
  RELEASE_NOT_FOUND: {
    message:
      'There is no release 20261124T110500Z-3f9a1c. GET /api/v1/releases lists those there are.',
  },
  RELEASE_REMOVED: {
    message:
      'The release 20261124T110500Z-3f9a1c was removed at 2027-01-02T00:00:00.000Z: its packages are no longer kept. GET /api/v1/releases shows which are.',
  },
  SIGNING_REQUEST_NOT_FOUND: {
    message:
      'The promotion does not wait for a signature 7. Its signing-requests list what it waits for.',
  },
  SIGNATURE_REFUSED: {
    message:
      'The signature of snapshot/tree/repodata/repomd.xml is refused: It is by the subkey of the key, and has to be by the key itself.',
    details: { path: 'snapshot/tree/repodata/repomd.xml' },
  },
  SIGNER_LOST: {
    message:
      'No signer was heard of for 900 s (SIGNING_TIMEOUT). What was staged is still staged: run packyard promote again.',
  },
  SNAPSHOT_INVALID: {
    message:
      'rpm/core/2025/el9-x86_64 was built, and does not hold: its metadata does not list Packages/acme-2.0-1.x86_64.rpm. Nothing of it went live.',
  },
  PUBLICATION_UNMANAGED: {
    message:
      'rpm/core/2025/el9-x86_64 in PUBLISHED_DIR, or a folder above it, was put there by hand: it is no link that Packyard made, so nothing is promoted over it. Move it aside, stage its packages, and promote them.',
    details: { publication: 'rpm/core/2025/el9-x86_64' },
  },
  PUBLISHED_DIR_SPLIT: {
    message:
      'PUBLISHED_DIR has to be one mount: releases share their files as hard links. Mount all of it, with .work, .snap, rpm and deb, from one filesystem.',
  },
  RELEASE_SUPERSEDED: {
    message:
      'rpm/core/2025/el9-x86_64 has changed since release 20261124T110500Z-3f9a1c was built, or the release was given up, so it was not put live. Promote again: the next release is built from what is live now.',
  },
  STAGED_FILE_CHANGED: {
    message:
      'core/2025/rpm/el9-x86_64/acme-2.0-1.x86_64.rpm is no longer in staging. Stage it again, or promote without it.',
    details: { path: 'core/2025/rpm/el9-x86_64/acme-2.0-1.x86_64.rpm' },
  },
  STAGING_UNAVAILABLE: {
    message:
      'Staging cannot be reached (STAGING_URL): connection refused. Look whether the server runs, then try again.',
  },
  REGISTRY_UNAVAILABLE: {
    message:
      'The registry at http://zot:5000 (REGISTRY_URL) does not answer (ECONNREFUSED). See that it runs and lets this process write.',
  },
  DISK_FULL: {
    message:
      'The disk that holds PUBLISHED_DIR has no space left. What is live was not changed. Make space there, then try again.',
  },
  TOOL_MISSING: {
    message:
      'Not found on this server: createrepo_c. Install the Debian package createrepo-c, then try again.',
    details: { tools: [{ tool: 'createrepo_c', debian_package: 'createrepo-c' }] },
  },
  TOOL_FAILED: {
    message: 'createrepo_c failed (exit code 1). It said: Cannot open package.',
    details: { tool: 'createrepo_c', how: 'exit code 1', output: 'Cannot open package.' },
  },
  TOOL_TIMED_OUT: {
    message:
      'aptly did not end within 600 s and was stopped. Look at the load of this server, then try again.',
  },
};
