import { EventEmitter } from 'node:events';
import { onShutdown } from './shutdown';

function setUp(close: () => Promise<void>, timeoutMs = 60_000) {
  const source = new EventEmitter();
  const sentences: string[] = [];
  let stop = (): void => undefined;
  const exited = new Promise<number>((resolve) => {
    stop = onShutdown(close, {
      timeoutMs,
      log: (sentence) => sentences.push(sentence),
      exit: resolve,
      source,
    });
  });
  return { source, sentences, exited, stop };
}

describe('onShutdown', () => {
  it('drains once, however often it is told, and exits with 0', async () => {
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

  it('stops listening when asked', () => {
    const { source, stop } = setUp(() => Promise.resolve());
    stop();
    expect(source.listenerCount('SIGTERM')).toBe(0);
  });
});
