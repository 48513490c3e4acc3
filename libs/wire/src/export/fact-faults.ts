import {
  formatInstant,
  MOST_PRICES_BYTES,
  parseId,
  secretFaults,
  type FieldError,
  type Instant,
  type Parsed,
} from '#libs/ledger';
import { attributeFaults, type CloudEvent } from '../cloud-event';
import { CORRECTIONS_SOURCE, HOLDS_SOURCE, OWN_SOURCES } from '../event-type';
import type { ClaimedFact } from '../key-of-fact';
import type { SpendAdjusted, SpendRecorded } from '../ledger-event';
import { MAX_AHEAD_MICROS } from '../parse-reported';
import { REQUEST_LIMITS } from '../request-limits';

/** What an event has at most, as bytes of its attributes and of its data in JSON: defaults and hashes are the ledger's. */
const MOST_BYTES = REQUEST_LIMITS.eventBytes + 16 * 1024;
/** An attribute that is not here, and no extension, is none of a change of a budget or of the prices. */
const OF_A_SETTING = new Set([
  ...['specversion', 'id', 'source', 'type', 'time', 'datacontenttype'],
  ...['recordedat', 'knownat', 'position', 'caller', 'contenthash'],
]);
const ID_OF_BULK = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\/[1-9]\d{0,9}$/;

/** When a line was known, and the instant that its export shows. */
export interface LineTimes {
  readonly knownAt: Instant;
  readonly at: Instant;
}

/**
 * What no door would have let in, and the ledger itself would not have written. A file is a stranger's word: its hashes
 * say that it is as it was made, not by whom.
 */
export function factFaults(event: CloudEvent, fact: ClaimedFact, times: LineTimes): FieldError[] {
  return [
    ...secretFaults(event.attributes, ''),
    ...secretFaults(event.data, 'data'),
    ...attributeFaults(event).filter(({ rule }) => rule !== 'reserved'),
    ...errorsOf(parseId(fact.caller, 'caller')),
    ...faultsOfKind(event, fact, times.at),
    ...faultsOfTimes(fact, times),
    ...(sizeOf(event) > mostBytes(fact)
      ? [fault('', 'size', 'is larger than any door takes')]
      : []),
  ];
}

function faultsOfKind(event: CloudEvent, fact: ClaimedFact, at: Instant): FieldError[] {
  const { attributes } = event;
  const isSpend = fact.kind === 'spend_recorded';
  if (!isSpend && attributes['holdoutcome'] !== undefined) {
    return [fault('holdoutcome', 'absent', 'must be absent: only a spend settles a hold')];
  }
  switch (fact.kind) {
    case 'spend_recorded':
      return [
        ...sourceFaults(isOfHold(fact), fact.spend.source),
        ...aheadFaults('time', fact.spend.time, at),
      ];
    case 'spend_adjusted':
      return [
        ...sourceFaults(isOfBulk(fact) || isOfExpiry(fact), fact.adjustment.source),
        ...aheadFaults('time', fact.adjustment.time, at),
      ];
    case 'budget_set':
    case 'budget_removed':
    case 'prices_set':
      return [
        ...Object.keys(attributes)
          .filter((name) => !OF_A_SETTING.has(name))
          .map((name) => fault(name, 'unknown_member', 'a budget or a price does not have it')),
        ...(attributes['time'] === attributes['recordedat']
          ? []
          : [fault('time', 'recordedat', 'must be that of recordedat')]),
      ];
  }
}

/** As auth writes the spend that settles a hold at its door. */
function isOfHold({ spend, holdOutcome }: SpendRecorded): boolean {
  const { source, id, holdId } = spend;
  return source === HOLDS_SOURCE && id === holdId && holdOutcome === 'settled';
}

/** As corrections in bulk are written. */
function isOfBulk({ adjustment, recordedAt }: SpendAdjusted): boolean {
  const { source, id, time } = adjustment;
  return source === CORRECTIONS_SOURCE && ID_OF_BULK.test(id) && time === recordedAt;
}

/** As the correction of what a hold's expiry has recorded is written. */
function isOfExpiry({ adjustment, recordedAt }: SpendAdjusted): boolean {
  const { source, id, time, adjusts } = adjustment;
  const isOfHolds = source === HOLDS_SOURCE && adjusts.source === HOLDS_SOURCE;
  return isOfHolds && id === `${adjusts.id}/amended` && time === recordedAt;
}

function sourceFaults(isOurs: boolean, source: string): FieldError[] {
  return isOurs || !source.startsWith(OWN_SOURCES)
    ? []
    : [
        fault(
          'source',
          'reserved',
          `begins with ${OWN_SOURCES}, and the ledger did not write this`,
        ),
      ];
}

function faultsOfTimes({ recordedAt }: ClaimedFact, { knownAt, at }: LineTimes): FieldError[] {
  return [
    ...aheadFaults('recordedat', recordedAt, at),
    ...aheadFaults('knownat', knownAt, at),
    ...(knownAt < recordedAt ? [fault('knownat', 'order', 'is before recordedat')] : []),
  ];
}

function aheadFaults(field: string, time: Instant, at: Instant): FieldError[] {
  return time <= at + MAX_AHEAD_MICROS
    ? []
    : [fault(field, 'not_ahead', `is after ${formatInstant(at)}, when the export was made`)];
}

/** The prices of all models are one event. */
function mostBytes({ kind }: ClaimedFact): number {
  return kind === 'prices_set' ? MOST_PRICES_BYTES + MOST_BYTES : MOST_BYTES;
}

function sizeOf({ attributes, data }: CloudEvent): number {
  return Object.entries(attributes).reduce(
    (bytes, [name, value]) => bytes + name.length + Buffer.byteLength(String(value)),
    Buffer.byteLength(JSON.stringify(data ?? null)),
  );
}

function errorsOf(read: Parsed<unknown>): readonly FieldError[] {
  return read.ok ? [] : read.errors;
}

function fault(field: string, rule: string, message: string): FieldError {
  return { field, rule, message };
}
