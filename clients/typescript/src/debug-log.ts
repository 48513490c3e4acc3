import { redact } from './redact.js';

/** Writes to stderr where `SPEND_LEDGER_LOG=debug` asks for it. Otherwise this package prints nothing. */
export function debugLog(): (line: string) => void {
  return isWanted() ? (line) => console.error(`spend-ledger: ${redact(line)}`) : () => undefined;
}

function isWanted(): boolean {
  try {
    const { process } = globalThis as { process?: typeof globalThis.process };
    return process?.env['SPEND_LEDGER_LOG'] === 'debug';
  } catch {
    // A runtime may keep its environment from us.
    return false;
  }
}
