import { EventEmitter } from 'node:events';
import { onShutdown } from './shutdown';

function setUp(close: () => Promise<void>, timeoutMs = 60_000, delayMs = 0) {
  const source = new EventEmitter();
  const steps: string[] = [];
  const clock = { ms: 0 };
  const sentences: string[] = [];
  let stop = (): void => undefined;
  const exited = new Promise<number>((resolve) => {
    const noted = () => {
      steps.push('close');
      return close();
    };
    stop = onShutdown(noted, {
      timeoutMs,
      delayMs: () => delayMs,
      leave: () => steps.push('leave'),
      monotonicMs: () => clock.ms,
      log: (sentence) => sentences.push(sentence),
      exit: resolve,
      source,
    });
  });
  return { source, sentences, steps, clock, exited, stop };
}

describe('onShutdown', () => {
  it('drains once, however many signals come, and exits with 0', async () => {
    let closings = 0;
    const { source, exited } = setUp(() => {
      closings += 1;
      return Promise.resolve();
    });
    source.emit('SIGINT', 'SIGINT');
    source.emit('SIGINT', 'SIGINT');
    source.emit('SIGTERM', 'SIGTERM');
    expect(await exited).toBe(0);
    expect(closings).toBe(1);
  });

  it('exits with 1 and a sentence when the drain does not end', async () => {
    const { source, sentences, exited } = setUp(() => new Promise(() => undefined), 5);
    source.emit('SIGTERM', 'SIGTERM');
    expect(await exited).toBe(1);
    expect(sentences.at(-1)).toBe('Not stopped after 5 ms: giving up on what is still under way.');
  });

  it('exits with 1 when the drain fails', async () => {
    const { source, sentences, exited } = setUp(() => Promise.reject(new Error('gone')));
    source.emit('SIGTERM', 'SIGTERM');
    expect(await exited).toBe(1);
    expect(sentences.at(-1)).toBe('Stopping failed: gone');
  });

  it('says at once that it goes, and closes when the delay is over', async () => {
    const { source, steps, exited } = setUp(() => Promise.resolve(), 60_000, 5);
    source.emit('SIGTERM', 'SIGTERM');
    expect(steps).toEqual(['leave']);
    expect(await exited).toBe(0);
    expect(steps).toEqual(['leave', 'close']);
  });

  it('skips the rest of a delay, of any length, for a second signal', async () => {
    const { source, steps, clock, exited } = setUp(() => Promise.resolve(), 60_000, 2 ** 40);
    source.emit('SIGTERM', 'SIGTERM');
    // A terminal sends to the whole group, and the launcher passes on what it got.
    source.emit('SIGTERM', 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(steps).toEqual(['leave']);
    clock.ms = 100;
    source.emit('SIGINT', 'SIGINT');
    expect(await exited).toBe(0);
    expect(steps).toEqual(['leave', 'close']);
  });

  it('does not count the delay as time that closing takes', async () => {
    const { source, exited } = setUp(() => Promise.resolve(), 20, 60);
    source.emit('SIGTERM', 'SIGTERM');
    expect(await exited).toBe(0);
  });

  it('gives closing as long as is said, however long', async () => {
    const { source, sentences, exited } = setUp(
      () => new Promise((resolve) => setTimeout(resolve, 50)),
      2 ** 40,
    );
    source.emit('SIGTERM', 'SIGTERM');
    expect(await exited).toBe(0);
    expect(sentences.join()).not.toContain('giving up');
  });

  it('stops listening when asked', () => {
    const { source, stop } = setUp(() => Promise.resolve());
    stop();
    expect(source.listenerCount('SIGTERM')).toBe(0);
  });
});
