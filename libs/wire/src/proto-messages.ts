import {
  parsed,
  refused,
  type Basis,
  type Instant,
  type Parsed,
  type Scope,
  type Window,
} from '#libs/ledger';

/** `google.protobuf.Timestamp` as the gRPC door reads and writes it. */
export interface Timestamp {
  readonly seconds: string | number;
  readonly nanos: number;
}

/** `spendledger.v1.Window`; `undefined` is not set, and unbounded. */
export interface WindowMessage {
  readonly start: Timestamp | undefined;
  readonly end: Timestamp | undefined;
}

/** `spendledger.v1.Scope`. */
export interface ScopeMessage {
  readonly scope?: 'key' | 'user' | 'team';
  readonly key?: { readonly key_id: string };
  readonly user?: { readonly user_id: string; readonly key_id?: string };
  readonly team?: { readonly team_id: string; readonly user_id?: string; readonly key_id?: string };
}

/** `google.protobuf.Struct`. */
export interface StructMessage {
  readonly fields?: Readonly<Record<string, ValueMessage>>;
}
interface ValueMessage {
  readonly kind?: string;
  readonly stringValue?: string;
  readonly numberValue?: number;
  readonly boolValue?: boolean;
  readonly structValue?: StructMessage;
  readonly listValue?: { readonly values?: readonly ValueMessage[] };
}

/** A scope in the form `parseScope` reads; an unset one is `undefined`. */
export function scopeOfMessage(message: ScopeMessage | null | undefined): unknown {
  if (!message) return undefined;
  if (message.key) return { type: 'key', keyId: message.key.key_id };
  if (message.user) {
    return { type: 'user', userId: message.user.user_id, ...keyOf(message.user) };
  }
  if (message.team) {
    const { team_id, user_id } = message.team;
    return {
      type: 'team',
      teamId: team_id,
      ...(user_id === undefined ? {} : { userId: user_id }),
      ...keyOf(message.team),
    };
  }
  return undefined;
}

const BASES: Readonly<Record<string, Basis>> = {
  BASIS_UNSPECIFIED: 'exact',
  BASIS_EXACT: 'exact',
  BASIS_ESTIMATED: 'estimated',
  BASIS_UNKNOWN: 'unknown',
};

/** A `spendledger.v1.Basis` in the form its parser reads; one that nobody knows as it came. */
export function basisOfMessage(basis: string): unknown {
  return BASES[basis] ?? basis;
}

const ON_EXPIRY: Readonly<Record<string, string>> = {
  ON_EXPIRY_UNSPECIFIED: 'release',
  ON_EXPIRY_RELEASE: 'release',
  ON_EXPIRY_UNKNOWN: 'unknown',
  ON_EXPIRY_CHARGE: 'charge',
};

/** A `spendledger.v1.OnExpiry` in the form its parser reads; one that nobody knows as it came. */
export function onExpiryOfMessage(onExpiry: string): unknown {
  return ON_EXPIRY[onExpiry] ?? onExpiry;
}

/** `spendledger.v1.Usage`; int64 as digits. */
export interface UsageMessage {
  readonly input?: string;
  readonly output?: string;
  readonly cached_input?: string;
  readonly cache_write?: string;
  readonly reasoning?: string;
}

/** Usage in the form `parseUsage` reads; what is not set is absent. */
export function usageOfMessage(message: UsageMessage | null | undefined): unknown {
  if (!message) return undefined;
  const { input, output, cached_input, cache_write, reasoning } = message;
  const counts = { input, output, cachedInput: cached_input, cacheWrite: cache_write, reasoning };
  return Object.fromEntries(
    Object.entries(counts).flatMap(([name, digits]) =>
      digits === undefined ? [] : [[name, Number(digits)]],
    ),
  );
}

export function timestampOf(instant: Instant): Timestamp {
  const micros = Number(((instant % 1_000_000n) + 1_000_000n) % 1_000_000n);
  return { seconds: Number((instant - BigInt(micros)) / 1_000_000n), nanos: micros * 1000 };
}

export function windowMessage({ start, end }: Window): WindowMessage {
  return {
    start: start === null ? undefined : timestampOf(start),
    end: end === null ? undefined : timestampOf(end),
  };
}

/** Reads a timestamp to the microsecond. */
export function instantOfTimestamp(message: Timestamp, field: string): Parsed<Instant> {
  const seconds = BigInt(message.seconds);
  if (message.nanos < 0 || message.nanos > 999_999_999) {
    return refused(`${field}.nanos`, 'range', 'must be from 0 to 999,999,999');
  }
  if (seconds < -62_135_596_800n || seconds > 253_402_300_799n) {
    return refused(`${field}.seconds`, 'range', 'must lie in the years 0001 to 9999 of UTC');
  }
  return parsed(seconds * 1_000_000n + BigInt(Math.trunc(message.nanos / 1000)));
}

/**
 * A Struct as the JSON it stands for; a value of no kind becomes `undefined`, which no JSON tree may hold.
 * @param depth how many levels may be left; below them everything is `undefined`
 */
export function jsonOfStruct(message: StructMessage, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message.fields ?? {}).map(([name, value]) => [
      name,
      jsonOfValue(value, depth - 1),
    ]),
  );
}

function jsonOfValue(value: ValueMessage, depth: number): unknown {
  if (depth < 0) return undefined;
  switch (value.kind) {
    case 'nullValue':
      return null;
    case 'stringValue':
      return value.stringValue;
    case 'numberValue':
      return value.numberValue;
    case 'boolValue':
      return value.boolValue;
    case 'structValue':
      return jsonOfStruct(value.structValue ?? {}, depth);
    case 'listValue':
      return (value.listValue?.values ?? []).map((item) => jsonOfValue(item, depth - 1));
    default:
      return undefined;
  }
}

/** The proto's own name of a scope's field: `userId` of a user scope is `user.user_id`. */
export function scopeFieldInProto(field: string, scope: Scope['type'] | undefined): string {
  if (scope === undefined || field === '' || field === 'type') return '';
  return `.${scope}.${snakeCase(field)}`;
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function keyOf(message: { readonly key_id?: string }): { keyId?: string } {
  return message.key_id === undefined ? {} : { keyId: message.key_id };
}
