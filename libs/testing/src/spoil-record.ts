import { sql, type Transaction } from 'kysely';
import type { Database, Tables } from '#libs/postgres';

const INSERT_ONLY = ['spend_event', 'quarantine', 'budget_revision', 'price_book'];

/** Does to the record what its triggers refuse to everybody, as the owner of its tables could who takes them off. */
export function spoilRecord<T>(
  { kysely }: Pick<Database, 'kysely'>,
  spoil: (trx: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return kysely.transaction().execute(async (trx) => {
    const turn = async (how: 'disable' | 'enable') => {
      for (const table of INSERT_ONLY) {
        await sql.raw(`alter table ${table} ${how} trigger insert_only`).execute(trx);
      }
    };
    await turn('disable');
    const result = await spoil(trx);
    await turn('enable');
    return result;
  });
}
