import { checkJsonTree } from '#libs/json';
import { formatInstant, parsed, redactSecrets, type FieldError, type Parsed } from '#libs/ledger';
import {
  basisOfMessage,
  EVENT_TYPES,
  instantOfTimestamp,
  jsonOfStruct,
  REQUEST_LIMITS,
  scopeFieldInProto,
  scopeOfMessage,
  snakeCase,
  type CloudEvent,
  type ScopeMessage,
  type StructMessage,
  type Timestamp,
  type UsageMessage,
  usageOfMessage,
} from '#libs/wire';

/** `spendledger.v1.SpendEvent`. */
export interface SpendMessage {
  readonly id: string;
  readonly source: string;
  readonly time?: Timestamp | null;
  readonly scope?: ScopeMessage | null;
  readonly amount?: string;
  readonly currency?: string;
  readonly basis: string;
  readonly request_id?: string;
  readonly hold_id?: string;
  readonly model?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly metadata?: StructMessage | null;
  readonly usage?: UsageMessage | null;
}

/** A spend message as the CloudEvent it stands for; the codec of all doors reads on. Faults have the proto's names. */
export function eventOfMessage(message: SpendMessage, field: string): Parsed<CloudEvent> {
  const errors: FieldError[] = [];
  let time: string | undefined;
  if (message.time) {
    const instant = instantOfTimestamp(message.time, `${field}.time`);
    if (instant.ok) time = formatInstant(instant.value);
    else errors.push(...instant.errors);
  }
  const metadata = message.metadata
    ? jsonOfStruct(message.metadata, REQUEST_LIMITS.depth)
    : undefined;
  if (metadata) {
    const faults = checkJsonTree(metadata, {
      maxDepth: REQUEST_LIMITS.depth - 2,
      redact: redactSecrets,
    });
    errors.push(
      ...faults.map((fault) => ({ ...fault, field: inside(`${field}.metadata`, fault.field) })),
    );
  }
  if (errors.length > 0) return { ok: false, errors };
  return parsed({
    attributes: {
      specversion: '1.0',
      type: EVENT_TYPES.spendRecorded,
      id: message.id,
      source: message.source,
      time,
    },
    data: present({
      scope: scopeOfMessage(message.scope),
      amount: message.amount,
      usage: usageOfMessage(message.usage),
      currency: message.currency,
      basis: basisOfMessage(message.basis),
      requestId: message.request_id,
      holdId: message.hold_id,
      model: message.model,
      labels: message.labels,
      metadata,
    }),
  });
}

/** `data.scope.userId` is `event.scope.user.user_id` over gRPC. */
export function fieldInProto(path: string, field: string, message: SpendMessage): string {
  if (path === 'data') return field;
  const name = path.startsWith('data.') ? path.slice('data.'.length) : path;
  const [member = '', ...rest] = name.split('.');
  if (member === 'scope') {
    return `${field}.scope${scopeFieldInProto(rest.join('.'), message.scope?.scope)}`;
  }
  if (member === 'metadata' || member === 'labels') return `${field}.${name}`;
  return `${field}.${snakeCase(name)}`;
}

function inside(parent: string, field: string): string {
  return field === '' ? parent : `${parent}.${field}`;
}

function present(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
