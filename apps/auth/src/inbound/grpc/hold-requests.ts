import { parseOnExpiry, parseTtlSeconds } from '#libs/holds';
import { parseAmount, parseId, parseLabels, type Parsed } from '#libs/ledger';
import { accepted } from '#libs/runtime';
import {
  basisOfMessage,
  instantOfTimestamp,
  jsonOfStruct,
  onExpiryOfMessage,
  REQUEST_LIMITS,
  type ScopeMessage,
  type StructMessage,
  snakeCase,
  usageOfMessage,
  type Timestamp,
  type UsageMessage,
} from '#libs/wire';
import type {
  ExtendRequest,
  ReleaseRequest,
  SettleRequest,
  TakeRequest,
} from '../../holds/hold-request';
import { askedExtension } from '../asked-extension';
import { refuseSecrets } from '../refuse-secrets';
import { parseSaidCost } from '../said-cost';
import { readScope } from './scope-message';

/** Messages of `spendledger.v1.BudgetService` about holds; int64 as digits. */
export interface HoldMessage {
  readonly scope?: ScopeMessage | null;
  readonly amount: string;
  readonly ttl_seconds: string;
  readonly request_id?: string;
  readonly idempotency_key?: string;
  readonly min_position: string;
  readonly on_expiry: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly model?: string;
}
export interface SettleMessage {
  readonly hold_id: string;
  readonly amount?: string;
  readonly time?: Timestamp | null;
  readonly basis: string;
  readonly model?: string;
  readonly metadata?: StructMessage | null;
  readonly usage?: UsageMessage | null;
}
export interface ReleaseMessage {
  readonly hold_id: string;
}
export interface ExtendMessage {
  readonly hold_id: string;
  readonly ttl_seconds?: string;
  readonly amount?: string;
}

/** @throws Problem `invalid`, as all of these */
export function readHold(message: HoldMessage, caller: string): TakeRequest {
  const { request_id, idempotency_key, labels, model } = message;
  const scope = readScope(message.scope);
  refuseSecrets({ request_id, idempotency_key, labels, model }, '');
  return {
    kind: 'take',
    caller,
    scope,
    amountPico: accepted(parseAmount(message.amount, 'amount')),
    ttlSeconds: accepted(parseTtlSeconds(Number(message.ttl_seconds), 'ttl_seconds')),
    requestId: ifSet(request_id, 'request_id', parseId) ?? null,
    idempotencyKey: ifSet(idempotency_key, 'idempotency_key', parseId) ?? null,
    onExpiry: accepted(parseOnExpiry(onExpiryOfMessage(message.on_expiry), 'on_expiry')),
    labels: accepted(parseLabels(labels ?? {}, 'labels')),
    model: ifSet(model, 'model', parseId),
  };
}

export function readSettle(message: SettleMessage, caller: string): SettleRequest {
  const { amount, model } = message;
  const metadata = message.metadata
    ? jsonOfStruct(message.metadata, REQUEST_LIMITS.depth)
    : undefined;
  const usage = usageOfMessage(message.usage);
  const basis = basisOfMessage(message.basis);
  refuseSecrets({ model, metadata }, '');
  return {
    kind: 'settle',
    caller,
    holdId: readHoldId(message),
    cost: accepted(inProto(parseSaidCost({ amount, usage, basis, model, metadata }))),
    time: ifSet(message.time ?? undefined, 'time', instantOfTimestamp),
  };
}

/** Of usage, whose members have two names; metadata's are the caller's own. */
function inProto<T>(read: Parsed<T>): Parsed<T> {
  if (read.ok) return read;
  const named = (field: string) => (field.startsWith('usage') ? snakeCase(field) : field);
  return { ok: false, errors: read.errors.map((e) => ({ ...e, field: named(e.field) })) };
}

export function readRelease(message: ReleaseMessage, caller: string): ReleaseRequest {
  return { kind: 'release', caller, holdId: readHoldId(message) };
}

export function readExtend(message: ExtendMessage, caller: string): ExtendRequest {
  const { ttl_seconds, amount } = message;
  const holdId = readHoldId(message);
  const ttlSeconds = ifSet(ttl_seconds, 'ttl_seconds', (digits, field) =>
    parseTtlSeconds(Number(digits), field),
  );
  const extension = { ttlSeconds, amountPico: ifSet(amount, 'amount', parseAmount) };
  return { kind: 'extend', caller, holdId, ...askedExtension(extension, 'ttl_seconds') };
}

function readHoldId({ hold_id }: { readonly hold_id: string }): string {
  refuseSecrets(hold_id, 'hold_id');
  return accepted(parseId(hold_id, 'hold_id'));
}

function ifSet<G, T>(
  given: G | undefined,
  field: string,
  parse: (given: G, field: string) => Parsed<T>,
): T | undefined {
  return given === undefined ? undefined : accepted(parse(given, field));
}
