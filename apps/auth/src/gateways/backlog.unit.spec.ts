import { Problem } from '#libs/runtime';
import { Backlog, Stopped } from './backlog';

const away = () => new Problem('unavailable', 'Postgres is away.');

function backlog(most = 10) {
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => failures.push(error);
  return { failures, jobs: new Backlog({ most, firstRetryMs: 1, mostRetryMs: 4, onFailure }) };
}

describe('what cannot be done now', () => {
  it('is done once it can, and its first failure is told', async () => {
    const { jobs, failures } = backlog();
    let tries = 0;
    const done = await jobs.run(() => {
      tries += 1;
      return tries < 5 ? Promise.reject(away()) : Promise.resolve('done');
    });
    expect([done, tries, failures.length, jobs.size]).toEqual(['done', 5, 1, 0]);
  });

  it('is given up where trying again changes nothing', async () => {
    const { jobs } = backlog();
    await expect(jobs.run(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
    const forbidden = new Problem('forbidden', 'It lacks a role.');
    await expect(jobs.run(() => Promise.reject(forbidden))).rejects.toBe(forbidden);
  });

  it('leaves room for no more than its limit, and who waits gets the next', async () => {
    const { jobs } = backlog(2);
    const open: (() => void)[] = [];
    const job = () => jobs.run(() => new Promise<void>((resolve) => open.push(resolve)));
    const running = [job(), job()];
    let hasRoom = false;
    const room = jobs.room().then(() => (hasRoom = true));
    await Promise.resolve();
    expect([jobs.isFull, hasRoom]).toEqual([true, false]);
    open[0]!();
    await room;
    expect(jobs.isFull).toBe(false);
    open[1]!();
    await Promise.all(running);
  });

  it('is told when the process stops, and so is who waits for room', async () => {
    const { jobs } = backlog(1);
    const running = jobs.run(() => Promise.reject(away()));
    const room = jobs.room();
    const stopped = expect(running).rejects.toBeInstanceOf(Stopped);
    expect(await jobs.stop(0)).toBe(1);
    await Promise.all([stopped, room]);
  });
});
