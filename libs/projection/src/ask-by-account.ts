import { texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import { idsOf, tableKindOf, type StoredAccount } from '#libs/wire';
import { ACCOUNT_TABLES, type AccountTables } from './account-tables';

/** An account of the partition, with what else is given with it. */
export type AskedAccount = readonly [account: StoredAccount, ...given: string[]];

/** A question to the tables of each kind of account, for many accounts in one statement. */
export class AskByAccount<Row extends readonly unknown[]> {
  private readonly statement: PreparedStatement;

  /**
   * @param given the names of the columns besides the ids, all texts
   * @param select what to ask of a kind, `from` rows `asked (n, …given, …ids)`; the partition is $1, and `n` comes first
   */
  constructor(
    name: string,
    private readonly given: readonly string[],
    select: (tables: AccountTables, from: string) => string,
  ) {
    let parameter = 1;
    const ofKinds = ACCOUNT_TABLES.map((tables) => {
      const columns = [...given, ...tables.ids];
      const arrays = columns.map(() => `$${++parameter}::text[]`).join(', ');
      const numbers = `$${++parameter}::int[]`;
      return select(tables, `unnest(${arrays}, ${numbers}) as asked (${columns.join(', ')}, n)`);
    });
    this.statement = { name, text: ofKinds.join(' union all ') };
  }

  /** @returns what was found of each account, by its place */
  async ask(
    client: Prepared,
    partition: number,
    asked: readonly AskedAccount[],
  ): Promise<Map<number, Row>> {
    const numbered = asked.map(([account, ...given], n) => ({ account, given, n }));
    const arrays = ACCOUNT_TABLES.flatMap(({ kind, ids }) => {
      const ofKind = numbered.filter(({ account }) => tableKindOf(account) === kind);
      return [
        ...this.given.map((_, at) => texts(ofKind.map(({ given }) => given[at]!))),
        ...ids.map((_, at) => texts(ofKind.map(({ account }) => idsOf(account)[at]!))),
        ofKind.map(({ n }) => n),
      ];
    });
    const rows = await client.prepared<readonly [number, ...Row]>(this.statement, [
      partition,
      ...arrays,
    ]);
    return new Map(rows.map(([n, ...row]) => [n, row as unknown as Row]));
  }
}
