import { sql, type RawBuilder } from 'kysely';

/** In SQL: whether the row called `alias` has this scope (a literal, so that partial indexes serve it) and these values. */
export function rowsWith(
  alias: string,
  rows: {
    readonly scope: string | null;
    readonly columns: readonly (readonly [column: string, value: number | string])[];
  },
): RawBuilder<boolean> {
  const { scope, columns } = rows;
  const equal = columns.map(([column, value]) => sql`${sql.ref(`${alias}.${column}`)} = ${value}`);
  const ofScope =
    scope === null ? [] : [sql`${sql.ref(`${alias}.scope_type`)} = ${sql.lit(scope)}`];
  return sql`${sql.join([...equal, ...ofScope], sql` and `)}`;
}
