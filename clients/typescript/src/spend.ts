import type { Client } from './client.js';
import { LedgerError } from './errors.js';
import type { Call, SpendOptions } from './options.js';
import { RunningCall } from './running-call.js';
import type { Scope } from './scope.js';
import { inTrace, type Trace } from './trace.js';

/** Holds, runs the function, and settles what it cost. */
export async function spend<T>(
  client: Client,
  scope: Scope,
  options: SpendOptions,
  run: (call: Call) => T | Promise<T>,
): Promise<T> {
  const call = await RunningCall.begin(client, scope, options);
  let answer: T;
  try {
    answer = await inTrace(call.trace, async () => run(call));
  } catch (error) {
    await call.fail();
    throw error;
  }
  try {
    await call.finish();
  } catch (error) {
    // The call was made, and its answer is worth something.
    if (error instanceof LedgerError) error.answer = answer;
    throw error;
  }
  return answer;
}

/** As `spend`, for an answer that comes in parts. */
export async function* stream<T>(
  client: Client,
  scope: Scope,
  options: SpendOptions,
  run: (call: Call) => AsyncIterable<T> | Promise<AsyncIterable<T>>,
): AsyncGenerator<T, void, undefined> {
  const call = await RunningCall.begin(client, scope, options);
  let hasParts = false;
  let outcome: 'ended' | 'failed' | 'left' = 'left';
  try {
    for await (const part of partsIn(call.trace, () => run(call))) {
      hasParts = true;
      yield part;
    }
    outcome = 'ended';
  } catch (error) {
    outcome = 'failed';
    throw error;
  } finally {
    if (outcome === 'left') call.abort();
    // Once there are parts, the upstream has done work that it may charge.
    if (outcome === 'failed') await call.fail({ wasMade: hasParts });
    else await call.finish();
  }
}

/** What makes the parts runs in the trace, whoever asks for the next one. */
function partsIn<T>(
  trace: Trace,
  run: () => AsyncIterable<T> | Promise<AsyncIterable<T>>,
): AsyncIterable<T> {
  const parts = (async function* () {
    yield* await run();
  })();
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => inTrace(trace, () => parts.next()),
      return: () => inTrace(trace, () => parts.return()),
    }),
  };
}
