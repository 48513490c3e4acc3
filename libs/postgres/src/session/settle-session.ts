import type { ClientBase } from 'pg';
import { limited } from '../limited-statement';
import { ADAPTED, type SessionSettings } from './session-settings';

/** A session is not as it was asked for: who stands in between has not passed it on. */
export class UnfitSession extends Error {
  override readonly name = 'UnfitSession';
  /** As SQLSTATE has it: this client could make no connection. */
  readonly code = '08001';

  constructor(lacks: readonly string[]) {
    super(`the session has not taken ${lacks.join(', ')}`);
  }
}

type Asking = Pick<ClientBase, 'query'>;

/** Makes a new session what the ledger relies on. @throws UnfitSession if that cannot be */
export async function settleSession(
  client: Asking,
  settings: SessionSettings,
  answerMs: number,
): Promise<void> {
  await client.query(limited(ADAPT, answerMs));
  const lacks = await lackedSettings(client, settings, answerMs);
  if (lacks.length > 0) throw new UnfitSession(lacks);
}

/** Which settings differ from what was asked for, as Postgres understands both. */
export async function lackedSettings(
  client: Asking,
  settings: SessionSettings,
  answerMs: number,
): Promise<readonly string[]> {
  const values = [Object.keys(settings), Object.values(settings)];
  const { rows } = await client.query<{ name: string }>({ ...limited(LACKED, answerMs), values });
  return rows.map(({ name }) => name);
}

const ADAPT = `
  select set_config(name, value, false)
  from (values ${ADAPTED.map(([name, value, when]) => `('${name}', '${value}', ${when})`).join(', ')})
    as rule (name, value, applies)
  where applies`;

/** Set for this statement alone, each is shown as Postgres prints it. */
const LACKED = `
  select name
  from unnest($1::text[], $2::text[]) as asked (name, value),
       lateral (select current_setting(name, true) as shown offset 0) as had
  where shown is distinct from set_config(name, value, true)`;
