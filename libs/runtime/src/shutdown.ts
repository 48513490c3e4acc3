import { type EventEmitter } from 'node:events';
import { isError } from './is-error';

export interface ShutdownOptions {
  readonly timeoutMs: number;
  readonly log: (sentence: string) => void;
  readonly signals?: readonly NodeJS.Signals[];
  readonly exit?: (code: number) => void;
  /** Where signals come from; the process by default. */
  readonly source?: EventEmitter;
}

/**
 * The first signal starts the drain; repeats are ignored, for a terminal and a parent process may
 * both send one. Exits with 0 when `close` is done, with 1 when it fails or outlasts `timeoutMs`.
 * @returns stops listening
 */
export function onShutdown(close: () => Promise<void>, options: ShutdownOptions): () => void {
  const { timeoutMs, log, signals = ['SIGINT', 'SIGTERM'], source = process } = options;
  const exit = once(options.exit ?? ((code) => process.exit(code)));
  const drain = once((signal: string) => {
    log(`Stopping on ${signal}: finishing what is under way.`);
    const timer = setTimeout(() => {
      log(`Not stopped after ${timeoutMs} ms: giving up on what is still under way.`);
      exit(1);
    }, timeoutMs);
    close()
      .then(
        () => 0,
        (error: unknown) => {
          log(`Stopping failed: ${isError(error) ? error.message : String(error)}`);
          return 1;
        },
      )
      .then(
        (code) => {
          clearTimeout(timer);
          exit(code);
        },
        exit.bind(undefined, 1),
      );
  });
  for (const signal of signals) source.on(signal, drain);
  return () => {
    for (const signal of signals) source.off(signal, drain);
  };
}

function once<T>(action: (value: T) => void): (value: T) => void {
  let done = false;
  return (value) => {
    if (done) return;
    done = true;
    action(value);
  };
}
