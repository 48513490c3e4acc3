import { readLedgerNow } from '#libs/balances';
import type { Instant, Scope } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  claimEvents,
  contentOf,
  readClaims,
  recordItem,
  recordOf,
  recordRound,
  type RecordOutcome,
} from '#libs/recording';
import type { SpendLog } from '#libs/spend-log';
import { eventKeyOf, spendContentHash, type ReportedSpend } from '#libs/wire';
import type { LitellmDatabase } from './litellm-database';

/** What becomes of events, in their order. */
export interface Recorder {
  /** Of which events must be. */
  readonly currency: string;
  /** By the clock that judges how far ahead an event may be. */
  now(): Promise<Instant>;
  record(spends: readonly ReportedSpend[]): Promise<readonly Recorded[]>;
}

export type Recorded =
  | { readonly outcome: 'recorded' | 'duplicate' }
  | {
      readonly outcome: 'conflict';
      readonly recordedHash: string;
      readonly givenHash: string;
      /** Members that differ, once the projection has the event. */
      readonly differs: readonly string[];
      readonly recordedScope: Scope | undefined;
    };

/** As the doors of ingest do: the claim first, then the log, then the answer. */
export function ledgerRecorder(
  parts: { readonly database: Database; readonly log: SpendLog },
  { currency, partitions }: { readonly currency: string; readonly partitions: number },
  caller: string,
): Recorder {
  const { database } = parts;
  const round = { ...parts, recordOf, contentOf };
  return {
    currency,
    now: () => readLedgerNow(database.kysely),
    record: async (spends) => {
      const items = spends.map((reported) => recordItem(reported, { caller, partitions }));
      const claims = await claimEvents(database, items);
      const claimed = { claims, outcomes: new Map(), inOutbox: [] };
      return (await recordRound(round, items, claimed)).map(recordedOf);
    },
  };
}

/** Says what would be recorded, and records nothing. @param database `undefined`: there is no ledger yet */
export function dryRecorder(
  litellm: LitellmDatabase,
  { database, currency }: { readonly database?: Database; readonly currency: string },
): Recorder {
  return {
    currency,
    now: () => (database ? readLedgerNow(database.kysely) : litellm.now()),
    record: async (spends) => {
      const keys = spends.map(({ spend }) => eventKeyOf(spend));
      const claims = database && (await readClaims(database, keys));
      return spends.map(({ spend }, at) => {
        const recordedHash = claims?.get(keys[at]!)?.contentHash;
        if (recordedHash === undefined) return { outcome: 'recorded' };
        const givenHash = spendContentHash(spend);
        if (recordedHash === givenHash) return { outcome: 'duplicate' };
        return {
          outcome: 'conflict',
          recordedHash,
          givenHash,
          differs: [],
          recordedScope: undefined,
        };
      });
    },
  };
}

function recordedOf(outcome: RecordOutcome): Recorded {
  if (outcome.outcome === 'recorded') {
    return { outcome: outcome.duplicate ? 'duplicate' : 'recorded' };
  }
  const { recordedHash, givenHash, differs, onRecord } = outcome;
  const data = onRecord?.['data'] as { readonly scope?: Scope } | undefined;
  return { outcome: 'conflict', recordedHash, givenHash, differs, recordedScope: data?.scope };
}
