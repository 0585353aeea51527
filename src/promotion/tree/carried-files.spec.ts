import { carriedFiles } from './carried-files.js';

const now = new Date('2026-11-24T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString();

describe('carriedFiles', () => {
  const ask = (question: Partial<Parameters<typeof carriedFiles>[0]>) =>
    carriedFiles({
      present: new Set(),
      named: [],
      carried: [],
      except: new Set(),
      now,
      ...question,
    });

  it('are those that leave the metadata now, from now on', () => {
    const named = ['repodata/repomd.xml', 'repodata/2-primary.xml.gz', 'repodata/1-primary.xml.gz'];

    expect(ask({ named, present: new Set(['repodata/repomd.xml', 'new']) })).toEqual([
      { path: 'repodata/1-primary.xml.gz', left_at: now.toISOString() },
      { path: 'repodata/2-primary.xml.gz', left_at: now.toISOString() },
    ]);
  });

  it('stay with the time that they left until 14 days are over', () => {
    const young = { path: 'a', left_at: daysAgo(14) };
    const old = { path: 'b', left_at: new Date(Date.parse(daysAgo(14)) - 1).toISOString() };

    expect(ask({ carried: [young, old] })).toEqual([young]);
  });

  it('are carried no longer once they are back', () => {
    expect(ask({ carried: [{ path: 'a', left_at: daysAgo(1) }], present: new Set('a') })).toEqual(
      [],
    );
  });

  it('leave at once where that is asked for, whether they leave now or left earlier', () => {
    const carried = [{ path: 'a', left_at: daysAgo(1) }];

    expect(ask({ carried, named: ['b', 'c'], except: new Set(['a', 'b']) })).toEqual([
      { path: 'c', left_at: now.toISOString() },
    ]);
  });
});
