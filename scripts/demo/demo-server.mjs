import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkout } from '../prepare.mjs';
import { plainEnvironment } from './run.mjs';

/** What `ended` resolves with. */
export const STOPPED_BY_ITSELF = Symbol('the server has ended');

/** Packyard as `npm start` runs it, on free ports and with everything in one folder. */
export class DemoServer {
  /** What it told a person, of late. */
  #told = [];
  #addresses = {};

  constructor(child, staging) {
    this.child = child;
    this.staging = staging;
    this.ended = new Promise((resolve) => child.once('close', () => resolve(STOPPED_BY_ITSELF)));
    this.ready = new Promise((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const { msg, listener, address } = JSON.parse(line);
        if (msg === 'listening') this.#addresses[listener] = `http://${address}`;
        if (msg === 'ready') resolve();
      });
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.#told = [...this.#told, line].slice(-20);
    });
  }

  /** Starts it and waits until it answers. */
  static async start(folder, signal) {
    signal.throwIfAborted();
    const staging = join(folder, 'staging');
    const publicKeys = join(folder, 'gpg'); // empty, so that development keys are made
    for (const each of [staging, publicKeys]) await mkdir(each);
    const child = spawn(process.execPath, [join(checkout, 'dist/src/main.js')], {
      cwd: checkout,
      env: {
        ...plainEnvironment(),
        ...registrySettings(),
        PACKYARD_DATA_DIR: join(folder, 'data'),
        PACKYARD_CONFIG: join(folder, 'packyard.yml'),
        PUBLIC_KEYS_DIR: publicKeys,
        STAGING_URL: staging,
        AUTH_LISTEN: '127.0.0.1:0',
        ADMIN_LISTEN: '127.0.0.1:0',
        METRICS_LISTEN: '127.0.0.1:0',
        GATEWAY_LISTEN: '127.0.0.1:0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new DemoServer(child, staging);
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    const first = await Promise.race([server.ready, server.ended, aborted]);
    if (first !== undefined) {
      await server.stop();
      throw new Error(server.lastWords());
    }
    return server;
  }

  /** Base URL of the admin API. */
  get admin() {
    return this.#addresses.admin;
  }

  /** Base URL of what subscribers ask for. */
  get gateway() {
    return this.#addresses.gateway;
  }

  /** Asks the admin API, with a body to change something. */
  async call(path, body) {
    const answer = await fetch(`${this.admin}/api/v1/${path}`, {
      ...(body && {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  lastWords() {
    return `Packyard ended. It said:\n${this.#told.join('\n')}`;
  }

  /** Resolves when it is gone, its database too. */
  async stop() {
    this.child.kill('SIGTERM');
    await this.ended;
  }
}

/** The one thing of a person's own that the demo takes: a registry for images, where one is named. */
function registrySettings() {
  const names = ['URL', 'USERNAME', 'PASSWORD', 'PASSWORD_FILE'].map((each) => `REGISTRY_${each}`);
  const given = names.filter((name) => process.env[name]);
  return Object.fromEntries(given.map((name) => [name, process.env[name]]));
}
