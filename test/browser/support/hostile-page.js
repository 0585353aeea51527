/* global document, navigator, open, Blob, EventSource, FormData */
/**
 * What a hostile page tries on the admin listener at `target`, run in the browser by hostile-pages.spec.ts.
 * A name says what is tried; where it comes to something, the promise is of what the page got.
 */
const FORGED = '{"component":"core","label":"forged"}';

globalThis.changes = {
  'a form, urlencoded': (target) => submit(target, 'application/x-www-form-urlencoded'),
  'a form, multipart': (target) => submit(target, 'multipart/form-data'),
  'a form, with JSON as text': (target) => submit(target, 'text/plain'),
  'a fetch of JSON': (target) => post(target, { type: 'application/json' }),
  'a fetch of JSON as text': (target) => post(target, { type: 'text/plain' }),
  'a fetch of JSON of no type': (target) => post(target, { body: new Blob([FORGED]) }),
  'a fetch that wants no answer': (target) => post(target, { type: 'text/plain', mode: 'no-cors' }),
  'a fetch that outlives the page': (target) =>
    post(target, { type: 'text/plain', keepalive: true }),
  'a fetch without a body': (target) =>
    fetch(`${target}/api/v1/components/reload`, { method: 'POST' }),
  'a fetch without a body that wants no answer': (target) =>
    fetch(`${target}/api/v1/components/reload`, { method: 'POST', mode: 'no-cors' }),
  'a DELETE': (target, id) => fetch(`${target}/api/v1/keys/${id}`, { method: 'DELETE' }),
  'a PATCH': (target, id) =>
    fetch(`${target}/api/v1/keys/${id}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body: '{"label":"forged"}',
    }),
  'a beacon of text': (target) => beacon(target, 'text/plain'),
  'a beacon of a form': (target) => {
    const form = new FormData();
    form.set('component', 'core');
    form.set('label', 'forged');
    return navigator.sendBeacon(`${target}/api/v1/keys`, form);
  },
};

globalThis.readings = {
  'a fetch': async (target) => (await fetch(`${target}/api/v1/keys`)).text(),
  'a fetch that wants no answer': async (target) =>
    (await fetch(`${target}/api/v1/keys`, { mode: 'no-cors' })).text(),
  'a stream of events': (target) =>
    new Promise((resolve, reject) => {
      const events = new EventSource(`${target}/api/v1/keys`);
      events.onopen = () => resolve('opened');
      events.onerror = () => reject(new Error('refused'));
    }),
  'a picture': (target) => element('img', { src: `${target}/docs/favicon-32x32.png` }),
  'a script': (target) => element('script', { src: `${target}/docs/swagger-ui-init.js` }),
  'keys as a script': (target) => element('script', { src: `${target}/api/v1/keys` }),
  'a style': (target) =>
    element('link', { rel: 'stylesheet', href: `${target}/docs/swagger-ui.css` }),
  'a window that it opened': async (target) => {
    const opened = open(`${target}/docs`);
    for (let i = 0; i < 50 && !opened.closed; i++) await pause(100);
    if (opened.closed) throw new Error('cut off from it');
    return 'a hold on it';
  },
};

function post(target, { type, body = FORGED, ...options }) {
  const headers = type ? { 'Content-Type': type } : {};
  return fetch(`${target}/api/v1/keys`, { method: 'POST', headers, body, ...options });
}

function beacon(target, type) {
  return navigator.sendBeacon(`${target}/api/v1/keys`, new Blob([FORGED], { type }));
}

/** As text, the name and the value of the one field are JSON together. */
async function submit(target, enctype) {
  // A frame of its own: where one is still being filled, Chromium drops what is sent next.
  const sink = Object.assign(document.createElement('iframe'), { name: `for ${enctype}` });
  document.body.append(sink);
  const form = document.createElement('form');
  Object.assign(form, {
    method: 'post',
    action: `${target}/api/v1/keys`,
    enctype,
    target: sink.name,
  });
  const fields =
    enctype === 'text/plain'
      ? { '{"component":"core","label":"forged","customer":"': '"}' }
      : { component: 'core', label: 'forged' };
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement('input'), { name, value }));
  }
  document.body.append(form);
  form.submit();
}

function element(name, attributes) {
  return new Promise((resolve, reject) => {
    const made = document.createElement(name);
    made.onload = () => resolve('loaded');
    made.onerror = () => reject(new Error('refused'));
    Object.assign(made, attributes);
    document.body.append(made);
  });
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
