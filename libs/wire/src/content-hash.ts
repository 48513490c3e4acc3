import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import {
  formatInstant,
  formatMoney,
  printLabels,
  type Adjustment,
  type EventId,
  type Spend,
} from '#libs/ledger';
import { canonicalJson } from './canonical-json';
import { EVENT_TYPES } from './event-type';

/** What a spend says, in the one form that is hashed, logged and shown; absent members are left out. */
export interface SpendData {
  readonly scope: Spend['scope'];
  readonly amount?: string;
  readonly usage?: Spend['usage'];
  readonly currency: string;
  readonly basis: Spend['basis'];
  readonly requestId?: string;
  readonly holdId?: string;
  readonly model?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A spend in the texts that rows have of it: its time and its amount are as `formatInstant` and `formatMoney` print them. */
export interface SpendInText {
  readonly time: string;
  readonly scope: Spend['scope'];
  readonly amount: string | undefined;
  readonly usage: Spend['usage'] | undefined;
  readonly currency: string;
  readonly basis: Spend['basis'];
  readonly requestId: string | undefined;
  readonly holdId: string | undefined;
  readonly model: string | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly metadata: Spend['metadata'] | undefined;
}

export function spendData(spend: Spend): SpendData {
  return dataOf(inText(spend));
}

function inText({ time, scope, amountPico, usage, currency, basis, ...ids }: Spend): SpendInText {
  const { requestId, holdId, model, metadata } = ids;
  const labels = ids.labels && printLabels(ids.labels);
  const amount = amountPico === undefined ? undefined : formatMoney(amountPico);
  const said = { time: formatInstant(time), scope, amount, usage, currency, basis };
  return { ...said, requestId, holdId, model, labels, metadata };
}

function dataOf(spend: SpendInText): SpendData {
  const { scope, usage, currency, basis, requestId, holdId, model, labels, metadata } = spend;
  // What the ledger makes of usage was not said.
  const amount = usage === undefined ? spend.amount : undefined;
  return {
    scope,
    ...(amount === undefined ? {} : { amount }),
    ...(usage === undefined ? {} : { usage }),
    currency,
    basis,
    ...(requestId === undefined ? {} : { requestId }),
    ...(holdId === undefined ? {} : { holdId }),
    ...(model === undefined ? {} : { model }),
    ...(labels === undefined ? {} : { labels }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/**
 * SHA-256, in hex, over the RFC 8785 form of what a spend says: whichever door it came through, equal
 * content has an equal hash.
 */
export function spendContentHash(spend: Spend): string {
  return spendTextHash(inText(spend));
}

/** The same hash, where nothing has to be read out of a row's texts to be printed again. */
export function spendTextHash(spend: SpendInText): string {
  return contentHash(inItsOrder(spend.time, dataOf(spend)));
}

/** As `spendContent`, but in the order of the canonical form: nothing is left to sort, and `undefined` is left out. */
function inItsOrder(time: string, data: SpendData): object {
  const { amount, basis, currency, holdId, labels, metadata, model, requestId, scope, usage } =
    data;
  const type = EVENT_TYPES.spendRecorded;
  return {
    amount,
    basis,
    currency,
    holdId,
    labels,
    metadata,
    model,
    requestId,
    scope,
    time,
    type,
    usage,
  } satisfies Record<keyof SpendData | 'time' | 'type', unknown>;
}

/** All that a spend says: what is hashed. */
export function spendContent(spend: Spend): object {
  const time = formatInstant(spend.time);
  return { type: EVENT_TYPES.spendRecorded, time, ...spendData(spend) };
}

/** What a correction says, likewise. */
export interface AdjustmentData {
  readonly adjusts: EventId;
  readonly kind: Adjustment['kind'];
  readonly amount?: string;
  readonly reason: string;
}

export function adjustmentData({ adjusts, kind, amountPico, reason }: Adjustment): AdjustmentData {
  return {
    adjusts,
    kind,
    ...(amountPico === undefined ? {} : { amount: formatMoney(amountPico) }),
    reason,
  };
}

export function adjustmentContentHash(adjustment: Adjustment): string {
  return contentHash(adjustmentContent(adjustment));
}

export function adjustmentContent(adjustment: Adjustment): object {
  const time = formatInstant(adjustment.time);
  return { type: EVENT_TYPES.spendAdjusted, time, ...adjustmentData(adjustment) };
}

/** The members that two contents do not have alike, in the order in which they stand. */
export function contentDifferences(given: object, recorded: object): string[] {
  const [one, other] = [given, recorded] as Record<string, unknown>[];
  const names = new Set([...Object.keys(given), ...Object.keys(recorded)]);
  return [...names].filter((name) => canonicalize(one![name]) !== canonicalize(other![name]));
}

export function contentHash(content: object): string {
  return hash('sha256', canonicalJson(content));
}
