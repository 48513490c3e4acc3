import { sql, type RawBuilder, type Selectable } from 'kysely';
import {
  formatInstant,
  instantOf,
  picoOfDecimal,
  type Account,
  type Instant,
  type Position,
} from '#libs/ledger';
import { rowsWith, type HoldTable, type OneInstant } from '#libs/postgres';
import { rowsOfAccount } from '#libs/wire';
import { readLedgerNow } from '#libs/balances';
import type { DecisionThen } from './decision-then';

/** A hold with what it held when a decision was made. */
export interface HoldThen {
  readonly holdId: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly amountPico: bigint;
  /** How it ended, `null`: it has not, or has expired. */
  readonly end: { readonly state: 'released' | 'settling'; readonly at: Instant } | null;
  readonly heldPico: bigint;
}

export interface HeldThen {
  readonly heldPico: bigint;
  /** Those that held something. */
  readonly holds: readonly HoldThen[];
  /** Why the number above may be another one than the ledger had; empty: it cannot. */
  readonly doubts: readonly string[];
}

type Row = Pick<
  Selectable<HoldTable>,
  | 'hold_id'
  | 'created_at'
  | 'expires_at'
  | 'amount'
  | 'state'
  | 'ended_at'
  | 'actual'
  | 'on_expiry'
  | 'expiry_event'
> & { readonly is_spent: boolean };

/** Holds are kept for that long after their end, at least (HOLD_RETENTION has no smaller value). */
const KEPT_MICROS = 30n * 86_400_000_000n;
/** A flush reads its clock, and commits later: no longer after it than statements and locks may take. */
const FLUSH_MICROS = 5_000_000n;

/** What an account had set aside at a decision, out of the holds that are still there. */
export async function readHeldThen(
  client: OneInstant,
  account: Account,
  decision: DecisionThen,
): Promise<HeldThen> {
  const at = decision.decidedAt;
  const rows = await readRows(client, account, decision);
  const all = rows.map((row) => holdThen(row, at));
  return {
    heldPico: all.reduce((sum, { heldPico }) => sum + heldPico, 0n),
    holds: all.filter(({ heldPico }) => heldPico > 0n),
    doubts: doubtsOf(all, decision, await readLedgerNow(client)),
  };
}

/** The key of the event that the expiry of a hold has made, also where another spend has settled it since. */
const EXPIRY_KEY = sql`encode(substring(sha256(
  convert_to('ledger/holds', 'UTF8') || '\\x00'::bytea || convert_to(h.hold_id::text, 'UTF8')) for 16), 'hex')::uuid`;

async function readRows(
  client: OneInstant,
  account: Account,
  { decidedAt, decisionId, position }: DecisionThen,
): Promise<readonly Row[]> {
  const at = sql`${formatInstant(decidedAt)}::timestamptz`;
  const isSpent = sql`coalesce(entry.log_offset < ${offsetIn(position)}, false)`;
  const { rows } = await sql<Row>`
    select h.hold_id, h.created_at, h.expires_at, h.amount, h.state, h.ended_at, h.actual, h.on_expiry, h.expiry_event,
           ${isSpent} as is_spent
    from hold h
    left join spend_event entry on entry.partition = h.partition
      and entry.event_key = case when h.expiry_event is null then h.settled_key else ${EXPIRY_KEY} end
    where ${holdsOf(account)} and h.created_at <= ${at} and h.decision_id is distinct from ${decisionId}::uuid
      and case
        when h.ended_at is null then h.expires_at > ${at} or h.on_expiry = 'charge'
        else h.ended_at > ${at} - ${FLUSH_MICROS}::bigint * interval '1 microsecond'
          or h.state = 'settling' and not ${isSpent}
        end
    order by h.created_at, h.hold_id`.execute(client);
  return rows;
}

/** Which holds `h` set aside something of an account. */
function holdsOf(account: Account): RawBuilder<boolean> {
  switch (account.kind) {
    case 'person':
      return sql`h.user_id = ${account.userId} and h.scope_type in ('user', 'team')`;
    case 'label':
      return sql`h.on_pools and coalesce(h.settled_labels, h.labels) ->> ${account.name} = ${account.value}`;
    case 'ledger':
      return sql`h.on_pools`;
    default:
      return rowsWith('h', rowsOfAccount(account));
  }
}

/** How much of the log of an entry's partition `entry` a position has; of one that it does not name, nothing. */
export function offsetIn(position: Position): RawBuilder<bigint> {
  const partitions = Math.max(0, ...position.keys()) + 1;
  const offsets = Array.from({ length: partitions }, (_, n) => String(position.get(n) ?? 0n));
  return sql`coalesce((${offsets}::bigint[])[entry.partition + 1], 0)`;
}

/**
 * A settled one counts as held, with what the call cost, until the position has its event; one that its expiry charges,
 * with all that was held.
 */
function holdThen(row: Row, at: Instant): HoldThen {
  const expiresAt = instantOf(row.expires_at);
  const amountPico = picoOfDecimal(row.amount);
  const endedAt = row.ended_at === null ? undefined : instantOf(row.ended_at);
  const end =
    row.state === 'active' || endedAt === undefined ? null : { state: row.state, at: endedAt };
  const ofExpiryPico = row.on_expiry === 'charge' ? amountPico : 0n;
  let heldPico = expiresAt > at ? amountPico : ofExpiryPico;
  if (endedAt !== undefined && endedAt <= at) {
    const isOnItsWay = row.state === 'settling' && !row.is_spent;
    const ofSettlePico = row.actual === null ? 0n : picoOfDecimal(row.actual);
    const onItsWayPico = row.expiry_event === null ? ofSettlePico : ofExpiryPico;
    heldPico = isOnItsWay ? onItsWayPico : 0n;
  }
  const createdAt = instantOf(row.created_at);
  return { holdId: row.hold_id, createdAt, expiresAt, amountPico, end, heldPico };
}

function doubtsOf(
  holds: readonly HoldThen[],
  { decidedAt: at, degraded }: DecisionThen,
  now: Instant,
): string[] {
  const isAtWork = (moment: Instant) => moment > at - FLUSH_MICROS && moment <= at;
  const inFlight = holds.filter(
    ({ createdAt, end }) => isAtWork(createdAt) || (end !== null && isAtWork(end.at)),
  ).length;
  const extendable = holds.filter(
    ({ end, expiresAt }) => (end === null || end.at > at) && expiresAt > at,
  ).length;
  return [
    ...(degraded ? ['it was decided on what was known last, while the ledger was behind'] : []),
    ...(at < now - KEPT_MICROS ? ['holds that ended more than 30 days ago may be forgotten'] : []),
    ...(inFlight > 0
      ? [`${inFlight} of the holds began or ended within the 5 seconds before it`]
      : []),
    ...(extendable > 0
      ? [`${extendable} of the holds lived on, and may have been extended since`]
      : []),
  ];
}
