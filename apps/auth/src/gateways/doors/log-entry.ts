import { createHash } from 'node:crypto';
import { usageOf, type CallFacts, type UsageKey, type UsageRules } from '#libs/gateways';
import {
  isSecret,
  parseAmount,
  parseId,
  parseLabels,
  parseScope,
  type Instant,
  type Labels,
  type Parsed,
  type Scope,
} from '#libs/ledger';
import { instantOfTimestamp, type Timestamp } from '#libs/wire';
import type { CallEnd } from '../charge-of';
import type { LeftMetadata, LoggedCall } from '../logged-call';
import { metadataAt, type MetadataMessage } from './envoy-messages';

/** `envoy.data.accesslog.v3.HTTPAccessLogEntry`, as far as it is read. */
export interface LogEntryMessage {
  readonly common_properties?: {
    readonly start_time?: Timestamp | null;
    readonly duration?: Timestamp | null;
    readonly time_to_first_upstream_tx_byte?: object | null;
    readonly response_flags?: Readonly<Record<string, unknown>> | null;
    readonly metadata?: MetadataMessage | null;
    readonly stream_id: string;
    readonly intermediate_log_entry: boolean;
    readonly access_log_type: string;
  } | null;
  readonly request?: {
    readonly request_method: string;
    readonly path: string;
    readonly request_id: string;
    readonly request_headers?: Readonly<Record<string, string>>;
  } | null;
  readonly response?: {
    readonly response_code?: { readonly value: number } | null;
    readonly response_code_details: string;
  } | null;
}

/** @returns `undefined`: another entry says how the call ended */
export function readLogEntry(entry: LogEntryMessage): LoggedCall | undefined {
  const { common_properties: common, request, response } = entry;
  if (common?.intermediate_log_entry || !isLast(common?.access_log_type)) return undefined;
  const status = response?.response_code?.value ?? 0;
  const end = endOf(entry, status);
  const startedAt = instantOfMessage(common?.start_time);
  return {
    left: readLeft(common?.metadata),
    status,
    end,
    startedAt,
    usageBy: (rules) => usageIn(common?.metadata, rules, end === 'answered'),
    wasLetThrough: request?.request_headers?.[LET_THROUGH] === 'true',
    facts: factsOf(entry),
    streamId: idOf(common?.stream_id || request?.request_id),
    endedAt: startedAt === undefined ? undefined : startedAt + microsOf(common?.duration),
  };
}

/** Set by Envoy where it let a call through without an answer of the ledger. */
const LET_THROUGH = 'x-envoy-auth-failure-mode-allowed';

const isLast = (type = 'NotSet'): boolean => type === 'NotSet' || type === 'DownstreamEnd';

/** Flags of Envoy that say that a call broke off: its client left, its upstream did, or Envoy gave it up. */
const BROKEN_OFF = [
  'downstream_connection_termination',
  'downstream_remote_reset',
  'downstream_protocol_error',
  'upstream_remote_reset',
  'upstream_connection_termination',
  'upstream_connection_failure',
  'upstream_request_timeout',
  'upstream_protocol_error',
  'upstream_max_stream_duration_reached',
  'local_reset',
  'stream_idle_timeout',
  'duration_timeout',
  'overload_manager',
] as const;

function endOf({ common_properties: common, response }: LogEntryMessage, status: number): CallEnd {
  if (!common?.time_to_first_upstream_tx_byte) return 'not_sent';
  if (status >= 400 && response?.response_code_details === 'via_upstream') return 'upstream_error';
  const isBroken = BROKEN_OFF.some((flag) => common.response_flags?.[flag] === true);
  return isBroken || status >= 400 || status === 0 ? 'interrupted' : 'answered';
}

/** Where doors 1 and 4 leave it; only the gateway's filters write there. */
const LEFT_AT = ['envoy.filters.http.ext_authz', 'spend_ledger'] as const;

function readLeft(metadata: MetadataMessage | null | undefined): LeftMetadata | undefined {
  const namespace = LEFT_AT.find(
    (name) => textAt(metadata, name, 'call_id') ?? textAt(metadata, name, 'outcome'),
  );
  if (namespace === undefined) return undefined;
  const text = (key: string) => textAt(metadata, namespace, key);
  const estimate = parseAmount(text('estimate'), 'estimate');
  const at = metadataAt(metadata, namespace, ['at']);
  return {
    gateway: text('gateway'),
    outcome: text('outcome'),
    callId: text('call_id'),
    holdId: text('hold_id'),
    model: text('model'),
    estimatePico: estimate.ok ? estimate.value : undefined,
    prices: text('prices'),
    at: typeof at === 'number' && at > 0 ? BigInt(Math.round(at * 1000)) : undefined,
    scope: scopeOf(text('scope')),
    labels: labelsOf(text('labels')),
  };
}

function usageIn(
  metadata: MetadataMessage | null | undefined,
  { namespace, keys }: UsageRules,
  isWhole: boolean,
) {
  const read = (key: UsageKey): unknown => {
    const name = keys[key];
    return name === undefined ? undefined : metadataAt(metadata, namespace, [name]);
  };
  const model = parseId(read('model'), 'model');
  return {
    usage: usageOf(read, isWhole),
    model: model.ok && !isSecret(model.value) ? model.value : undefined,
  };
}

function factsOf({ common_properties, request }: LogEntryMessage): CallFacts {
  const headers = request?.request_headers ?? {};
  return {
    method: request?.request_method ?? '',
    path: request?.path ?? '',
    body: undefined,
    header: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
    context: () => undefined,
    metadata: (namespace, path) => metadataAt(common_properties?.metadata, namespace, path),
    descriptor: () => undefined,
  };
}

/** What can be no id is told by its hash. */
function idOf(given: string | undefined): string | undefined {
  if (!given) return undefined;
  const id = parseId(given, 'stream_id');
  return id.ok && !isSecret(id.value) ? id.value : createHash('sha256').update(given).digest('hex');
}

function instantOfMessage(message: Timestamp | null | undefined): Instant | undefined {
  if (!message) return undefined;
  const read = instantOfTimestamp(message, 'start_time');
  return read.ok ? read.value : undefined;
}

function microsOf(duration: Timestamp | null | undefined): bigint {
  if (!duration) return 0n;
  return BigInt(duration.seconds) * 1_000_000n + BigInt(Math.trunc(duration.nanos / 1000));
}

function textAt(metadata: MetadataMessage | null | undefined, namespace: string, key: string) {
  const value = metadataAt(metadata, namespace, [key]);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A scope as its text of JSON. */
export function scopeOf(text: string | undefined): Scope | undefined {
  return fromJson(text, (value) => parseScope(value, 'scope'));
}

/** Labels as their text of JSON. */
export function labelsOf(text: string | undefined): Labels | undefined {
  return fromJson(text, (value) => parseLabels(value, 'labels'));
}

function fromJson<T>(
  text: string | undefined,
  parse: (value: unknown) => Parsed<T>,
): T | undefined {
  if (text === undefined) return undefined;
  try {
    const read = parse(JSON.parse(text));
    return read.ok ? read.value : undefined;
  } catch {
    return undefined;
  }
}
