import { sql } from 'kysely';
import type { Database } from '#libs/postgres';

/** Gives each account a budget of its own with room for so many holds of 1.00, as if it had come over the log. */
export async function setRoomOf(
  { kysely }: Database,
  accounts: readonly string[],
  room: number,
): Promise<void> {
  const rest = JSON.stringify({ limit: `${room}.00`, window: { type: 'total' } });
  await sql`
    insert into budget_revision (partition, budget_id, revision, account, definition, superseded,
      log_offset, recorded_at, known_at, caller)
    select 0, replace(account, ':', '-'), 1, account,
      (${rest}::jsonb || jsonb_build_object('account', account))::text, false,
      0, ledger_now(), ledger_now(), 'bench'
    from unnest(${accounts}::text[]) as given (account)`.execute(kysely);
  if (accounts.length > 1) await sql`analyze budget_revision`.execute(kysely);
}
