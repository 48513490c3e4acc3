import type { AsyncLocalStorage } from 'node:async_hooks';
import { process } from './runtime.js';
import { WORD } from './token.js';

/** What calls inside a call inherit: nothing about money. */
export interface Trace {
  readonly requestId: string;
  /** As W3C Trace Context writes it. */
  readonly traceparent?: string | undefined;
}

const storage = makeStorage();

/** The trace of the call that the code runs in. */
export function currentTrace(): Trace | undefined {
  return storage?.getStore();
}

export function inTrace<T>(trace: Trace, run: () => T): T {
  return storage ? storage.run(trace, run) : run();
}

/** What the trace says to others. A header carries no other characters than these. */
export function traceHeaders(trace: Trace | undefined): Record<string, string> {
  const headers = { 'x-request-id': trace?.requestId, traceparent: trace?.traceparent };
  const said = Object.entries(headers).filter(([, value]) => WORD.test(value ?? ''));
  return Object.fromEntries(said) as Record<string, string>;
}

/** Only where the runtime has it: a bundle for browsers and workers must not ask for it by name. */
function makeStorage(): AsyncLocalStorage<Trace> | undefined {
  const hooks = process?.getBuiltinModule?.('node:async_hooks');
  return hooks && new hooks.AsyncLocalStorage<Trace>();
}
