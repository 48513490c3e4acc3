import { type EventEmitter } from 'node:events';
import { isError } from './is-error';
import { rest } from './long-rest';

export interface ShutdownOptions {
  /** How long `close` may take. */
  readonly timeoutMs: number;
  /** Called at once: from now on others may know that this process goes. */
  readonly leave?: () => void;
  /** How long after that `close` is called; asked at the first signal. */
  readonly delayMs?: () => number;
  /** A clock that never goes back. */
  readonly monotonicMs?: () => number;
  readonly log: (sentence: string) => void;
  readonly signals?: readonly NodeJS.Signals[];
  readonly exit?: (code: number) => void;
  /** Where signals come from; the process by default. */
  readonly source?: EventEmitter;
}

/** A terminal and a parent process may both pass on what was sent once. */
const SAME_SIGNAL_MS = 100;

/**
 * The first signal begins the end: `leave`, the delay, `close`. A second one skips the rest of the delay; `close` is
 * not hurried by any. Exits with 0 when `close` is done, with 1 when it fails or outlasts `timeoutMs`.
 * @returns stops listening
 */
export function onShutdown(close: () => Promise<void>, options: ShutdownOptions): () => void {
  const { signals = ['SIGINT', 'SIGTERM'], source = process } = options;
  const { monotonicMs = () => performance.now() } = options;
  const exit = once(options.exit ?? ((code) => process.exit(code)));
  const hurried = new AbortController();
  let firstAt: number | undefined;
  const onSignal = (signal: string) => {
    if (firstAt === undefined) {
      firstAt = monotonicMs();
      void end(signal, close, { ...options, exit }, hurried.signal);
    } else if (monotonicMs() - firstAt >= SAME_SIGNAL_MS) {
      hurried.abort();
    }
  };
  for (const signal of signals) source.on(signal, onSignal);
  return () => {
    for (const signal of signals) source.off(signal, onSignal);
  };
}

async function end(
  signal: string,
  close: () => Promise<void>,
  { timeoutMs, delayMs, leave, log, exit }: ShutdownOptions & { exit: (code: number) => void },
  hurried: AbortSignal,
): Promise<void> {
  leave?.();
  const delay = delayMs?.() ?? 0;
  if (delay > 0) {
    log(`Stopping on ${signal}: not ready any more, and answering all the same for ${delay} ms.`);
    await rest(delay, hurried);
  }
  log(`Stopping on ${signal}: finishing what is under way.`);
  const done = new AbortController();
  void rest(timeoutMs, done.signal).then(() => {
    if (done.signal.aborted) return;
    log(`Not stopped after ${timeoutMs} ms: giving up on what is still under way.`);
    exit(1);
  });
  const code = await close().then(
    () => 0,
    (error: unknown) => {
      log(`Stopping failed: ${isError(error) ? error.message : String(error)}`);
      return 1;
    },
  );
  done.abort();
  exit(code);
}

function once<T>(action: (value: T) => void): (value: T) => void {
  let done = false;
  return (value) => {
    if (done) return;
    done = true;
    action(value);
  };
}
