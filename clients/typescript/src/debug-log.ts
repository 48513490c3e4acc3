import { redact } from './redact.js';
import { process } from './runtime.js';

/** Writes to stderr where `SPEND_LEDGER_LOG=debug` asks for it. Otherwise this package prints nothing. */
export function debugLog(): (line: string) => void {
  return isWanted() ? (line) => console.error(`spend-ledger: ${redact(line)}`) : () => undefined;
}

function isWanted(): boolean {
  try {
    return process?.env['SPEND_LEDGER_LOG'] === 'debug';
  } catch {
    // A runtime may keep its environment from us.
    return false;
  }
}
