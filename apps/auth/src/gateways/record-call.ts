import { partitionOfScope, type Instant, type Labels, type Scope, type Spend } from '#libs/ledger';
import { leaveInOutbox, type Database } from '#libs/postgres';
import { claimEvents, type Claim } from '#libs/recording';
import { Batcher } from '#libs/runtime';
import {
  eventKeyOf,
  GATEWAY_SOURCES,
  readEvent,
  spendContentHash,
  writeSpend,
  type Cost,
} from '#libs/wire';

/** A call that nothing was held for. */
export interface RecordedCall {
  readonly gateway: string;
  readonly callId: string;
  readonly time: Instant;
  readonly scope: Scope;
  readonly labels: Labels | undefined;
  /** Filled in by the reporter's bindings, beside the content. */
  readonly ledgerLabels: Labels | undefined;
  readonly cost: Cost;
  readonly requestId: string | undefined;
  readonly caller: string;
}

/** `ended`: it was recorded with other content before, which counts. */
export type RecordOutcome = 'recorded' | 'repeated' | 'ended';

export interface RecorderParts {
  readonly database: Database;
  readonly currency: string;
  readonly partitions: number;
  /** Most calls that one transaction records, and most that wait. */
  readonly limits: { readonly maxBatch: number; readonly maxQueue: number };
  readonly onOutbox: () => void;
}

/** The source of what a gateway's calls cost for which nothing was held. */
export const sourceOfGateway = (name: string): string => `${GATEWAY_SOURCES}${name}`;

interface Item extends Claim {
  readonly spend: Spend;
  readonly ledgerLabels: Labels | undefined;
  readonly caller: string;
}

/** Records calls as spends: the claim and the record in the outbox are one transaction, as they are for a settle. */
export class CallRecorder {
  private readonly batcher: Batcher<Item, RecordOutcome>;

  constructor(private readonly parts: RecorderParts) {
    this.batcher = new Batcher({ ...parts.limits, flush: (items) => this.flush(items) });
  }

  /** @throws what Postgres refuses: it may be recorded then, and the same again is harmless */
  record(call: RecordedCall): Promise<RecordOutcome> {
    const { currency, partitions } = this.parts;
    const { time, scope, labels, ledgerLabels, cost, requestId, caller } = call;
    const id = { source: sourceOfGateway(call.gateway), id: call.callId };
    const spend: Spend = {
      ...id,
      time,
      scope,
      ...(labels && { labels }),
      currency,
      ...cost,
      ...(requestId !== undefined && { requestId }),
    };
    return this.batcher.submit({
      spend,
      ledgerLabels,
      caller,
      contentHash: spendContentHash(spend),
      eventKey: eventKeyOf(spend),
      partition: partitionOfScope(scope, partitions),
    });
  }

  private async flush(items: readonly Item[]): Promise<RecordOutcome[]> {
    const byKey = new Map(items.toReversed().map((item) => [item.eventKey, item]));
    const claims = await this.parts.database.atomically(async (client) => {
      const held = await claimEvents(client, [...byKey.values()]);
      const fresh = [...byKey.values()].filter(({ eventKey }) => held.get(eventKey)!.isNew);
      const records = fresh.map((item) => {
        const { recordedAt } = held.get(item.eventKey)!;
        return { ...item, record: this.recordOf(item, recordedAt) };
      });
      await leaveInOutbox(client, records);
      return held;
    });
    this.parts.onOutbox();
    return items.map((item) => {
      const { contentHash, isNew } = claims.get(item.eventKey)!;
      if (contentHash !== item.contentHash) return 'ended';
      return isNew && byKey.get(item.eventKey) === item ? 'recorded' : 'repeated';
    });
  }

  /** @throws Error if ingest could not read it: nothing may be answered that cannot be recorded */
  private recordOf({ spend, ledgerLabels, caller, contentHash }: Item, recordedAt: Instant) {
    const record = writeSpend(
      { spend, extensions: {} },
      { recordedAt, caller, contentHash, ...(ledgerLabels && { ledgerLabels }) },
    );
    const read = readEvent(record, { currency: this.parts.currency });
    if (!read.ok) throw new Error(`a call could not be recorded: ${JSON.stringify(read.errors)}`);
    return record;
  }
}
