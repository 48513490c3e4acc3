import { process } from '../runtime.js';
import { VERSION } from '../version.js';

/** Who calls: the client, and what it runs on. */
export function userAgent(): string {
  const runtime = process?.version
    ? `node ${process.version.slice(1)}; ${process.platform}`
    : 'web';
  return `spend-ledger-typescript/${VERSION} (${runtime})`;
}
