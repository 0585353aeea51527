import type { Cli } from '../cli.js';
import { Progress } from './progress.js';

/** What a command says, on either output. */
function progressAt(terminal: { columns: number } | undefined, json = false) {
  const said = { out: [] as string[], err: [] as string[], drawn: '' };
  const cli = {
    environment: { terminal },
    write: (text: string) => said.out.push(text),
    tell: (text: string) => said.err.push(text),
  } as unknown as Cli;
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.drawn += String(text);
    return true;
  });
  return { progress: new Progress(cli, json), said };
}
afterEach(() => jest.restoreAllMocks());

const inspect = { type: 'step', data: { step: 'inspect', state: 'started' } };
const half = { type: 'progress', data: { step: 'inspect', done: 5, total: 10 } };

it('is a line a step in a log, and nothing moves', () => {
  const { progress, said } = progressAt(undefined);
  progress.told(inspect);
  progress.told(half);
  progress.told({ type: 'step', data: { step: 'inspect', state: 'finished' } });
  progress.told({ type: 'warning', data: { warning: 'b.rpm waits' } });
  progress.end();
  expect(said).toEqual({ out: [], err: ['Inspecting', 'Warning: b.rpm waits'], drawn: '' });
});

it('is a bar at a terminal, drawn over itself, and gone at the end', () => {
  const { progress, said } = progressAt({ columns: 60 });
  progress.told(inspect);
  progress.told(half);
  progress.say('Base: none');
  progress.end();
  const lines = said.drawn.split('\r\x1b[2K');
  const bar = `[3/8] Inspecting             ${'█'.repeat(12)}${'░'.repeat(12)} 5/10`;
  expect(lines).toEqual(['[3/8] Inspecting', bar, bar, '']);
  expect(said.err).toEqual(['Base: none']);
});

it('is never wider than the terminal', () => {
  const { progress, said } = progressAt({ columns: 20 });
  progress.told(half);
  expect(said.drawn).toHaveLength(19);
});

it('is one line of JSON an event for a program', () => {
  const { progress, said } = progressAt(undefined, true);
  progress.told(half);
  progress.event('base', { of: 'rpm/core' }, 'in words');
  expect(said).toEqual({
    out: [
      '{"type":"progress","step":"inspect","done":5,"total":10}',
      '{"type":"base","of":"rpm/core"}',
    ],
    err: [],
    drawn: '',
  });
});
