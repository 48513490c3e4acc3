import { debugLog } from './debug-log.js';
import { numbers } from './numbers.js';
import type { Interrupted, LedgerOptions, Limits, Timeouts } from './options.js';
import { process } from './runtime.js';
import { checkedToken } from './token.js';

export interface Settings {
  readonly url: string;
  readonly ingestUrl: string;
  readonly ledger: string;
  readonly token: LedgerOptions['token'];
  readonly journal: string | false;
  readonly outage: 'closed' | 'open';
  readonly source: string;
  readonly maxRetries: number;
  readonly timeouts: Timeouts;
  readonly limits: Limits;
  readonly fetch: typeof globalThis.fetch;
  readonly warn: (message: string, error?: unknown) => void;
  readonly interrupted: (call: Interrupted) => void;
  readonly debug: (line: string) => void;
}

const LIMITS: Limits = {
  journalBytes: 64 * 1024 * 1024,
  memoryEntries: 100_000,
  sendAtOnce: 8,
  longestDelay: 30_000,
  adoptEvery: 5_000,
  longestCall: 24 * 3_600_000,
  batchEvents: 1_000,
  batchBytes: 15 * 1024 * 1024,
};
const TIMEOUTS: Timeouts = { check: 2_000, hold: 2_000, settle: 5_000, record: 5_000, read: 5_000 };

/** @throws TypeError */
export function settingsOf(options: LedgerOptions): Settings {
  const { token, journal = '.spend-ledger-client', outage = 'closed' } = options;
  const url = checkedUrl(options.url, 'url');
  if (typeof token !== 'function') checkedToken(token);
  if (journal !== false && (typeof journal !== 'string' || journal === '')) {
    throw new TypeError('journal must name a folder, or be false.');
  }
  if (outage !== 'closed' && outage !== 'open') {
    throw new TypeError("outage must be 'closed' or 'open'.");
  }
  const debug = debugLog();
  return {
    url,
    ingestUrl: options.ingestUrl === undefined ? url : checkedUrl(options.ingestUrl, 'ingestUrl'),
    ledger: options.ledger ?? url,
    token,
    journal: journal === false ? false : pathOf(journal),
    outage,
    source: options.source ?? 'spend-ledger-typescript',
    ...numbers({ maxRetries: 2 }, { maxRetries: options.maxRetries }),
    timeouts: numbers(TIMEOUTS, options.timeouts, 'timeouts.'),
    limits: numbers(LIMITS, options.limits, 'limits.'),
    fetch: options.fetch ?? ((...given) => globalThis.fetch(...given)),
    warn: guarded((message: string, error?: unknown) => {
      debug(message);
      return options.onWarning?.(message, error);
    }),
    interrupted: guarded((call: Interrupted) => options.onInterrupted?.(call)),
    debug,
  };
}

function checkedUrl(given: string, name: string): string {
  const isUrl = typeof given === 'string' && URL.canParse(given) && /^https?:/.test(given);
  const url = isUrl ? new URL(given) : undefined;
  if (url && !url.username && !url.password && !url.search && !url.hash) {
    return url.href.replace(/\/$/, '');
  }
  throw new TypeError(
    `${name} must be an http or https address such as http://127.0.0.1:8080, without credentials or a query.`,
  );
}

/** It stays the same wherever the process goes. */
function pathOf(folder: string): string {
  const path = process?.getBuiltinModule?.('node:path');
  const home = () => process!.getBuiltinModule('node:os').homedir();
  return path?.resolve(folder.replace(/^~(?=$|[\\/])/, home)) ?? folder;
}

/** What listens must not break what it listens to, also where it is async. */
function guarded<A extends unknown[]>(listener: (...given: A) => unknown): (...given: A) => void {
  return (...given) => {
    new Promise((resolve) => resolve(listener(...given))).catch(() => undefined);
  };
}
