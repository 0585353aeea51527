import { byId, element, showEither } from './elements.js';
import { bytes, count, counted, date, duration, fromNow } from './words.js';

const NO_DATABASE = 'Not known while the database does not answer.';

/** What a state is called, and the mark that it has besides its colour. */
const MARKS = {
  ok: { mark: '✓', word: 'all is well' },
  warning: { mark: '!', word: 'needs attention' },
  critical: { mark: '✕', word: 'critical' },
};

export function showState({ state, version, uptime_seconds: uptime, warnings }) {
  const { mark, word } = MARKS[state];
  const badge = byId('state');
  badge.className = `badge ${state}`;
  badge.replaceChildren(markOf(mark), word[0].toUpperCase() + word.slice(1));
  byId('version').textContent = `Version ${version}, up ${duration(uptime)}`;
  document.title = state === 'ok' ? 'Packyard status' : `(${warnings.length}) Packyard status`;
}

export function showWarnings({ warnings }) {
  const items = warnings.map(({ severity, message }) =>
    element(
      'li',
      { class: severity },
      markOf(MARKS[severity].mark),
      element('span', { class: 'for-screen-readers' }, `${severity}: `),
      element('span', {}, message),
    ),
  );
  const nothing = element('li', { class: 'ok' }, markOf('✓'), element('span', {}, 'Nothing.'));
  byId('warnings').replaceChildren(...(items.length > 0 ? items : [nothing]));
}

export function showDenials({ requests }) {
  showEither(requests !== null, 'requests', 'requests-missing', NO_DATABASE);
  const denials = (requests?.denied_today ?? []).map(({ reason, requests: number }) =>
    element('li', {}, element('span', {}, reason), element('strong', {}, count(number))),
  );
  const none = element('li', { class: 'quiet' }, 'None since midnight UTC.');
  byId('denials').replaceChildren(...(denials.length > 0 ? denials : [none]));
}

export function showComponents({ components, observed_at: now }) {
  byId('components').replaceChildren(...components.map((each) => componentCard(each, now)));
}

function componentCard({ name, visibility, published: { rpm, deb, oci } }, now) {
  const rows = [];
  const bySeries = (places, format, placeOf) => {
    for (const series of new Set(places.map((each) => each.series))) {
      const chips = places
        .filter((each) => each.series === series)
        .map((each) => repositoryChip(each, placeOf(each), now));
      rows.push(row(`${format} ${series}`, chips));
    }
  };
  bySeries(rpm, 'RPM', ({ target }) => target);
  bySeries(deb, 'DEB', ({ distribution }) => distribution);
  if (oci) rows.push(row('Image', imageChips(oci)));
  return element(
    'article',
    { class: 'card' },
    element('h3', {}, name, ' ', element('span', { class: 'tag' }, visibility)),
    rows.length > 0
      ? element('dl', {}, ...rows.flat())
      : element('p', { class: 'quiet' }, 'The catalogue gives it no packages.'),
  );
}

const row = (name, chips) => [
  element('dt', {}, name),
  element('dd', {}, element('ul', { class: 'chips' }, ...chips)),
];

function repositoryChip({ state, signed, problem, published_at: at }, place, now) {
  const age = at ? fromNow(at, now) : 'published';
  if (state === 'published' && signed) return chip('ok', '✓', place, age);
  if (state === 'published') return chip('warning', '!', place, `${age}, not signed`);
  if (state === 'empty') return chip('empty', '–', place, '', 'nothing yet');
  return chip('warning', '!', place, state, problem);
}

function imageChips({ state, tags, problem }) {
  if (state === 'published') return tags.map((tag) => chip('ok', '✓', tag, ''));
  if (state === 'empty') return [chip('empty', '–', 'no tags', '')];
  return [chip('empty', '?', problem ?? state, '')];
}

/** @param spoken what the mark says to who sees it */
function chip(kind, mark, name, detail, spoken) {
  const parts = [markOf(mark), element('span', {}, name)];
  if (detail) parts.push(element('span', { class: 'detail' }, detail));
  if (spoken) parts.push(element('span', { class: 'for-screen-readers' }, `: ${spoken}`));
  return element('li', { class: `chip ${kind}` }, ...parts);
}

/** What each state is called, and whether it is well. */
const PROMOTION_STATES = {
  queued: { kind: 'empty', word: 'queued' },
  running: { kind: 'empty', word: 'running' },
  awaiting_signatures: { kind: 'empty', word: 'waits for its signatures' },
  live: { kind: 'ok', word: 'live' },
  failed: { kind: 'critical', word: 'failed' },
  cancelled: { kind: 'empty', word: 'cancelled' },
};

export function showPromotions({ promotions, observed_at: now }) {
  showEither(promotions !== null, 'promotions', 'promotions-missing', NO_DATABASE);
  if (promotions === null) return;
  byId('promotions-table').hidden = promotions.length === 0;
  byId('promotions-none').hidden = promotions.length > 0;
  byId('promotion-rows').replaceChildren(...promotions.map((each) => promotionRow(each, now)));
}

function promotionRow({ publication, last, under_way: underWay, awaiting_signer: waiting }, now) {
  const { kind, word } = PROMOTION_STATES[last.state];
  const onTheWay = waiting > 0 ? `${count(underWay)}, unsigned ${count(waiting)}` : count(underWay);
  return element(
    'tr',
    {},
    element('th', { scope: 'row', title: last.id }, publication),
    element('td', {}, last.kind),
    element(
      'td',
      { class: kind },
      markOf(MARKS[kind]?.mark ?? '–'),
      element('span', {}, word),
      ...(last.error_code ? [element('span', { class: 'detail' }, last.error_code)] : []),
    ),
    element(
      'td',
      { class: 'when' },
      element('time', { datetime: last.at, title: last.at }, fromNow(last.at, now)),
    ),
    element('td', { class: 'number' }, onTheWay),
  );
}

export function showKeys({ keys, observed_at: now }) {
  showEither(keys !== null, 'keys', 'keys-missing', NO_DATABASE);
  if (keys === null) return;
  byId('key-counts').replaceChildren(
    ...['active', 'expired', 'revoked'].map((state) =>
      element('div', {}, element('dt', {}, state), element('dd', {}, count(keys[state]))),
    ),
  );
  const total = keys.expire_within_30_days;
  byId('expiring').hidden = total === 0;
  byId('expiring-none').hidden = total > 0;
  byId('expiring-caption').textContent =
    total > keys.expiring.length
      ? `The first ${keys.expiring.length} of ${counted(total, 'key', 'keys')}, the soonest first`
      : `${counted(total, 'key', 'keys')}, the soonest first`;
  byId('expiring-keys').replaceChildren(...keys.expiring.map((key) => expiringRow(key, now)));
}

function expiringRow({ id, label, customer, components, expires_at: at }, now) {
  return element(
    'tr',
    {},
    element('th', { scope: 'row', title: id }, label),
    element(
      'td',
      { class: 'when' },
      element('time', { datetime: at }, date(at)),
      element('span', { class: 'detail' }, fromNow(at, now)),
    ),
    element('td', {}, customer ?? '–'),
    element('td', {}, components.join(', ')),
  );
}

export function showHealth({ health, observed_at: now }) {
  const { database, access_view: view, signing_keys: signing, registry, backup } = health;
  const tree = health.published_tree;
  byId('health').replaceChildren(
    ...part(
      'Database',
      database.up ? 'ok' : 'critical',
      database.up ? `answers in ${database.latency_ms} ms` : database.problem,
    ),
    ...part(
      'Keys and catalogue in memory',
      view.freshness === 'current' ? 'ok' : 'critical',
      view.staleness_seconds === null
        ? view.freshness
        : `${view.freshness}, confirmed ${view.staleness_seconds} s ago`,
    ),
    ...part(
      'Published tree',
      tree.up ? 'ok' : 'critical',
      tree.up
        ? `${bytes(tree.free_bytes)} of ${bytes(tree.total_bytes)} free, ${tree.folder}`
        : tree.problem,
    ),
    ...part(
      'Registry',
      registry === null ? 'empty' : registry.up ? 'ok' : 'critical',
      registry === null ? 'none is configured' : registry.up ? 'answers' : registry.problem,
    ),
    ...part(
      'Signing keys',
      signing.development || signing.problems.length > 0 ? 'warning' : 'ok',
      ...signingLines(signing, now),
    ),
    ...part('Backup', backupKind(backup, now), ...backupLines(backup, now)),
  );
}

function signingLines({ gpg, cosign, development, problems }, now) {
  return [
    ...(development ? ['development keys: they vouch for nothing'] : []),
    ...gpg.map(({ fingerprint, expires_at: at }) =>
      element(
        'span',
        {},
        element('code', {}, fingerprint.replace(/(.{4})(?=.)/g, '$1 ')),
        at ? ` expires ${fromNow(at, now)}` : '',
      ),
    ),
    ...(cosign ? ['cosign.pub is there'] : []),
    ...problems,
  ];
}

/** Milliseconds after which a daily backup is overdue, as for the warning (src/status/status-warnings.ts). */
const BACKUP_OVERDUE = 26 * 3_600_000;

function backupKind(backup, now) {
  if (backup === null) return 'empty';
  const { last_verified_at: at, off_host: offHost, problem } = backup;
  const overdue = at === null || new Date(now) - new Date(at) >= BACKUP_OVERDUE;
  return problem || !offHost || overdue ? 'warning' : 'ok';
}

function backupLines(backup, now) {
  if (backup === null) return ['none is configured'];
  const { last_verified_at: at, off_host: offHost, encrypted, problem } = backup;
  return [
    ...(at ? [`restored to try it ${fromNow(at, now)}`] : []),
    `${offHost ? 'copied off this host' : 'on this host alone'}, ${encrypted ? 'encrypted' : 'not encrypted'}`,
    ...(problem ? [problem] : []),
  ];
}

function part(name, kind, ...lines) {
  const { mark, word } = MARKS[kind] ?? { mark: '–', word: 'not in use' };
  return [
    element('dt', {}, name),
    element(
      'dd',
      { class: kind },
      markOf(mark),
      element('span', { class: 'for-screen-readers' }, `${word}: `),
      element('div', {}, ...lines.map((line) => element('p', {}, line))),
    ),
  ];
}

export function showProcesses({ health: { auth_processes: known } }) {
  showEither(known !== null, 'processes', 'processes-missing', NO_DATABASE);
  if (known === null) return;
  byId('processes-caption').textContent =
    `The newest change is ${known.newest_revision}; each process has to have it`;
  const kinds = { current: 'ok', behind: 'warning', silent: 'warning' };
  byId('process-rows').replaceChildren(
    ...known.processes.map(({ id, state, revision, seen_seconds_ago: seen }) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, element('code', {}, id.slice(0, 8))),
        element(
          'td',
          { class: kinds[state] },
          markOf(MARKS[kinds[state]].mark),
          element('span', {}, state),
        ),
        element('td', { class: 'number' }, count(revision)),
        element('td', { class: 'number' }, `${seen} s ago`),
      ),
    ),
  );
}

/** Its word is beside it, so that nobody has to know or hear the mark. */
function markOf(mark) {
  return element('span', { class: 'mark-of-state', 'aria-hidden': 'true' }, mark);
}
