import { byId } from './elements.js';
import { showRequests } from './request-chart.js';
import {
  showComponents,
  showDenials,
  showHealth,
  showKeys,
  showProcesses,
  showPromotions,
  showState,
  showWarnings,
} from './sections.js';
import { counted, timeOfDay } from './words.js';

/** Milliseconds. */
const INTERVAL = 15_000;
const PATIENCE = 10_000;

let timer;
let askedAt = -Infinity;
let reading = false;
let observedAt;
let said;

/** Reads the status and shows it; what is shown stays when there is no answer. */
async function refresh() {
  if (reading) return;
  reading = true;
  clearTimeout(timer);
  askedAt = performance.now();
  try {
    show(await read());
  } catch (error) {
    showUnreachable(error);
  } finally {
    reading = false;
    // Nobody looks at a hidden page, so it asks nothing.
    if (!document.hidden) timer = setTimeout(refresh, INTERVAL);
  }
}

async function read() {
  const answer = await fetch('/api/v1/status', { signal: AbortSignal.timeout(PATIENCE) });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.message);
  return body;
}

function show(status) {
  observedAt = status.observed_at;
  showState(status);
  showWarnings(status);
  showDenials(status);
  if (status.requests) showRequests(status.requests.by_hour);
  showComponents(status);
  showPromotions(status);
  showKeys(status);
  showHealth(status);
  showProcesses(status);
  byId('observed').textContent = `Read at ${timeOfDay(observedAt)}`;
  byId('unreachable').hidden = true;
  document.body.classList.remove('outdated');
  const { warnings } = status;
  announce(
    warnings.length === 0
      ? 'All is well.'
      : `${counted(warnings.length, 'thing needs', 'things need')} attention.`,
  );
}

function showUnreachable(error) {
  const since = observedAt
    ? `What is below was read at ${timeOfDay(observedAt)}.`
    : 'Nothing was read yet.';
  const why =
    error instanceof TypeError || error.name === 'TimeoutError' ? '' : `: ${error.message}`;
  const sentence = `Packyard does not answer${why}`.replace(/[.]?$/, '.');
  byId('unreachable').textContent = `${sentence} ${since} It is asked again every 15 seconds.`;
  byId('unreachable').hidden = false;
  document.body.classList.add('outdated');
  announce(`${sentence} ${since}`);
}

/** Says what has changed, once: a screen reader is not to repeat itself every 15 seconds. */
function announce(sentence) {
  if (sentence === said) return;
  said = sentence;
  byId('announcement').textContent = sentence;
}

document.addEventListener('visibilitychange', () => {
  clearTimeout(timer);
  if (document.hidden) return;
  const due = askedAt + INTERVAL - performance.now();
  timer = setTimeout(refresh, Math.max(0, due));
});

refresh();
