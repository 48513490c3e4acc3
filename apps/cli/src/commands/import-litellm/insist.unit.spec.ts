import type { Cli } from '../../command';
import { insist, Interrupted } from './insist';

const GONE = Object.assign(new Error('terminating connection'), { code: '57P01' });

describe('what is insisted on', () => {
  const told: string[] = [];
  const stopping = new AbortController();
  const cli = {
    tell: (text: string) => told.push(text),
    stopped: stopping.signal,
  } as unknown as Cli;

  it('is done again while the database is gone, which is told once', async () => {
    let times = 0;
    const work = () => (++times < 3 ? Promise.reject(GONE) : Promise.resolve('done'));
    expect(await insist(cli, work)).toBe('done');
    expect(told).toEqual([
      'Postgres is shutting down, or ended the connection; this is tried until it succeeds.',
    ]);
  });

  it('is not done again after a fault of ours', async () => {
    await expect(insist(cli, () => Promise.reject(new TypeError('bug')))).rejects.toThrow('bug');
  });

  it('is given up when the user asks to stop', async () => {
    const work = () => {
      stopping.abort();
      return Promise.reject(GONE);
    };
    await expect(insist(cli, work)).rejects.toBeInstanceOf(Interrupted);
  });
});
