import { sql } from 'kysely';
import { printDecimal, type Spend, type Usage } from '#libs/ledger';
import type { SpendEventTable } from '#libs/postgres';
import { readStoredMetadata, storedScope, type SpendInText, type StoredScope } from '#libs/wire';

type Column = keyof SpendEventTable;

const KEY = ['partition', 'event_key'] as const satisfies Column[];
const ALWAYS = [
  'source',
  'event_id',
  'time',
  'content_hash',
  'scope_type',
  'basis',
] as const satisfies Column[];
const PERHAPS = [
  'key_id',
  'user_id',
  'team_id',
  'amount',
  'request_id',
  'hold_id',
  'model',
  'labels',
  'usage',
  'metadata',
] as const satisfies Column[];

/** No text of an event has either: the doors refuse control characters in ids, and JSON escapes them. */
const BETWEEN = '\u0001';
const NULL = '\u0002';

const NULLS_AT = KEY.length;
const PERHAPS_AT = NULLS_AT + 1 + ALWAYS.length;
const LENGTH = PERHAPS_AT + PERHAPS.length;

const textsOf = (columns: readonly Column[]) =>
  columns.map((column) => sql`${sql.ref(column)}::text`);

/**
 * Each spend in one text: for node-postgres, a column costs more than what stands in it. First comes what names the row,
 * which no text can disturb, and then how many nulls there are.
 */
export const SPEND_LINES = sql`
  select array_to_string(
    array[${sql.join([
      ...textsOf(KEY),
      sql`num_nulls(${sql.join(PERHAPS.map((column) => sql.ref(column)))})::text`,
      ...textsOf(ALWAYS),
      ...textsOf(PERHAPS),
    ])}], ${sql.lit(BETWEEN)}, ${sql.lit(NULL)}) as line
  from spend_event where adjustment is null`;

export interface SpendLine {
  readonly partition: number;
  readonly eventKey: string;
  /** `undefined`: a text of it has a mark of ours, so that it cannot be told from the next one, or from nothing. */
  readonly spend: LineOfSpend | undefined;
}

export interface LineOfSpend extends SpendInText {
  readonly source: string;
  readonly id: string;
  readonly contentHash: string;
}

export function readSpendLine(line: string, currency: string): SpendLine {
  const texts: (string | null)[] = line.split(BETWEEN);
  const [partition, eventKey, nulls] = texts as [string, string, string];
  const isPlain = texts.length === LENGTH && markNulls(texts) === Number(nulls);
  const spend = isPlain ? spendOf(texts as unknown as Texts, currency) : undefined;
  return { partition: Number(partition), eventKey, spend };
}

/** @returns how many there are */
function markNulls(texts: (string | null)[]): number {
  let nulls = 0;
  for (let at = PERHAPS_AT; at < LENGTH; at += 1) {
    if (texts[at] !== NULL) continue;
    texts[at] = null;
    nulls += 1;
  }
  return nulls;
}

type Texts = [
  ...[partition: string, eventKey: string, nulls: string, source: string, id: string, time: string],
  ...[contentHash: string, scopeType: StoredScope['scope_type'], basis: Spend['basis']],
  ...[keyId: string | null, userId: string | null, teamId: string | null, amount: string | null],
  ...[requestId: string | null, holdId: string | null, model: string | null],
  ...[labels: string | null, usage: string | null, metadata: string | null],
];

function spendOf(texts: Texts, currency: string): LineOfSpend {
  const [, , , source, id, time, contentHash, scope_type, basis, ...perhaps] = texts;
  const [key_id, user_id, team_id, amount, requestId, holdId, model, labels, usage, metadata] =
    perhaps;
  return {
    source,
    id,
    contentHash,
    // As Postgres prints a time in UTC.
    time: `${time.slice(0, 10)}T${time.slice(11, -'+00'.length)}Z`,
    scope: storedScope({ scope_type, team_id, user_id, key_id }),
    amount: amount === null ? undefined : printDecimal(amount),
    usage: usage === null ? undefined : (JSON.parse(usage) as Usage),
    currency,
    basis,
    requestId: requestId ?? undefined,
    holdId: holdId ?? undefined,
    model: model ?? undefined,
    labels: labels === null ? undefined : (JSON.parse(labels) as Record<string, string>),
    metadata: metadata === null ? undefined : readStoredMetadata(metadata),
  };
}
