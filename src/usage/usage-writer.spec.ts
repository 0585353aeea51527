import { pino } from 'pino';
import { Clock } from '../common/clock.js';
import { OutcomeCounter } from './outcome-counter.js';
import { UsageCounter } from './usage-counter.js';
import { UsageWriter, type UsageBatch, type UsageSink } from './usage-writer.js';

const NOW = new Date('2026-03-01T12:00:00Z');
const names = { idOf: (index: number) => `key ${index}` };

class SetClock extends Clock {
  now(): Date {
    return NOW;
  }
}

/** A database that can be told to fail, and to lose its answers although it has written. */
class Sink implements UsageSink {
  behaviour: 'works' | 'fails' | 'loses its answer' = 'works';
  readonly received: UsageBatch[] = [];

  add(batch: UsageBatch): Promise<void> {
    if (this.behaviour === 'fails') return Promise.reject(new Error('no database'));
    const known = this.received.some(
      ({ writer, number }) => writer === batch.writer && number === batch.number,
    );
    if (!known) this.received.push(batch);
    return this.behaviour === 'works' ? Promise.resolve() : Promise.reject(new Error('no answer'));
  }

  get requests(): number {
    return this.received
      .flatMap(({ keys }) => keys)
      .reduce((sum, { requests }) => sum + requests, 0);
  }
}

function writer() {
  const usage = new UsageCounter();
  const outcomes = new OutcomeCounter();
  const sink = new Sink();
  const writing = new UsageWriter(usage, outcomes, sink, new SetClock(), pino({ level: 'silent' }));
  const count = (times: number) => {
    for (let i = 0; i < times; i++) {
      usage.count({ index: 1, names }, 'core', 'rpm', NOW.getTime());
      outcomes.count('allowed', 'key', 'rpm');
    }
  };
  const flush = async () => {
    writing.flush();
    await new Promise(setImmediate);
  };
  return { writing, sink, count, flush };
}

describe('writing what was counted', () => {
  it('sends a batch, and none when there is nothing to say', async () => {
    const { sink, count, flush } = writer();
    count(3);
    await flush();
    await flush();
    expect(sink.received).toHaveLength(1);
    expect(sink.received[0]).toMatchObject({
      number: 1,
      keys: [{ keyId: 'key 1', requests: 3 }],
      outcomes: [{ reason: 'key', requests: 3 }],
    });
  });

  it('keeps everything while the database fails, and goes on counting', async () => {
    const { sink, count, flush } = writer();
    sink.behaviour = 'fails';
    for (let i = 0; i < 4; i++) {
      count(5);
      await flush();
    }
    expect(sink.received).toEqual([]);
    sink.behaviour = 'works';
    await flush();
    expect(sink.requests).toBe(20);
  });

  it('counts once what was written although its answer was lost', async () => {
    const { sink, count, flush } = writer();
    sink.behaviour = 'loses its answer';
    count(5);
    await flush();
    count(2);
    await flush();
    sink.behaviour = 'works';
    await flush();
    expect(sink.requests).toBe(7);
    expect(sink.received.map(({ number }) => number)).toEqual([1, 2]);
  });

  it('writes what is left when it is stopped', async () => {
    const { writing, sink, count } = writer();
    writing.start();
    count(4);
    await writing.stop();
    expect(sink.requests).toBe(4);
  });
});
