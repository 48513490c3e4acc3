import { sql } from 'kysely';
import { instantOf, redactSecrets, type Instant } from '#libs/ledger';
import { Database, unreachable, type DatabaseOptions } from '#libs/postgres';
import { CommandRefused } from '../../command-refused';
import type { CliConfig } from '../../config';
import { DEPRECATED_KEYS, SPEND_LOGS, TABLES, type LitellmTable } from './tables';

const EXAMPLE = '--from postgres://user:password@localhost:5432/litellm';
/** Every transaction of the session, whatever is asked in it. */
const READ_ONLY = '-c default_transaction_read_only=on';

/** LiteLLM's own database, which is read and never written, in whichever of its versions. */
export class LitellmDatabase {
  private constructor(
    readonly database: Database,
    private readonly columns: ReadonlyMap<string, ReadonlySet<string>>,
    /** The primary key of its log has the start of the call in it, as where the table is in partitions. */
    readonly isPartitioned: boolean,
  ) {}

  /** @throws CommandRefused if it cannot be read, or is none of LiteLLM's */
  static async open(address: string, config: CliConfig): Promise<LitellmDatabase> {
    const options = optionsOf(address, config);
    const obstacle = await unreachable(options, { name: '--from', example: EXAMPLE }).catch(
      (error: unknown) =>
        `--from is no address that can be used (${redactSecrets(String((error as Error).message))}), for example ${EXAMPLE}.`,
    );
    if (obstacle !== undefined) throw new CommandRefused(obstacle);
    const database = new Database(options);
    try {
      const columns = await readColumns(database);
      return new LitellmDatabase(database, columns, await isPartitioned(database));
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  has(table: LitellmTable, column?: string): boolean {
    const columns = this.columns.get(table);
    return columns !== undefined && (column === undefined || columns.has(column));
  }

  /** A column as SQL names it; nothing of its type where this version has none. */
  column(table: LitellmTable, alias: string, column: string, type: string): string {
    return this.has(table, column) ? `${alias}."${column}"` : `null::${type}`;
  }

  /** What the database's own clock shows. */
  async now(): Promise<Instant> {
    const { rows } = await sql<{ now: string }>`select clock_timestamp() as now`.execute(
      this.database.kysely,
    );
    return instantOf(rows[0]!.now);
  }

  /** By a token that was rotated away the one that is in its place now. */
  async activeKeys(): Promise<ReadonlyMap<string, string>> {
    if (!this.has(DEPRECATED_KEYS)) return new Map();
    const { rows } = await sql<{ token: string; active: string }>`
      select token, active_token_id as active from ${sql.table(DEPRECATED_KEYS)}
      order by created_at, id`.execute(this.database.kysely);
    const next = new Map(rows.map(({ token, active }) => [token, active]));
    return new Map([...next.keys()].map((token) => [token, lastOf(token, next)]));
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

/** A key may have been rotated many times. */
function lastOf(token: string, next: ReadonlyMap<string, string>): string {
  const seen = new Set([token]);
  let last = token;
  for (let then = next.get(last); then !== undefined && !seen.has(then); then = next.get(last)) {
    seen.add(then);
    last = then;
  }
  return last;
}

/** An address as LiteLLM has it may say in which schema its tables are. */
function optionsOf(address: string, config: CliConfig): DatabaseOptions {
  const [server = '', query = ''] = address.split(/\?(.*)/s, 2);
  const params = new URLSearchParams(query);
  const schema = params.get('schema') ?? undefined;
  params.delete('schema');
  params.set('options', `${params.get('options') ?? ''} ${READ_ONLY}`.trim());
  return {
    connectionString: `${server}?${params.toString()}`,
    applicationName: 'spend-ledger-import-litellm',
    maxConnections: 2,
    clockOffsetMs: 0,
    timeoutMs: config.databaseTimeoutMs,
    statementMs: config.statementMs,
    idleMs: config.statementMs,
    ...(schema !== undefined && { schema: `"${schema.replaceAll('"', '""')}"` }),
  };
}

async function readColumns(database: Database): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { rows } = await sql<{ table: string; columns: string[]; may: boolean }>`
    select class.relname as table, array_agg(attribute.attname::text) as columns,
      has_table_privilege(class.oid, 'select') as may
    from unnest(${TABLES}::text[]) as wanted (name)
    join pg_class class on class.oid = to_regclass(quote_ident(wanted.name))
    join pg_attribute attribute on attribute.attrelid = class.oid
      and attribute.attnum > 0 and not attribute.attisdropped
    group by class.oid, class.relname`.execute(database.kysely);
  if (!rows.some(({ table }) => table === SPEND_LOGS)) {
    throw new CommandRefused(
      `There is no table "${SPEND_LOGS}" in the database of --from: give the address of the database that LiteLLM writes.`,
    );
  }
  const closed = rows.filter(({ may }) => !may).map(({ table }) => `"${table}"`);
  if (closed.length > 0) {
    throw new CommandRefused(
      `The user in --from may not read ${closed.join(', ')}: grant it select on these tables.`,
    );
  }
  return new Map(rows.map(({ table, columns }) => [table, new Set(columns)]));
}

async function isPartitioned(database: Database): Promise<boolean> {
  const { rows } = await sql<{ columns: string[] }>`
    select array_agg(attribute.attname::text) as columns
    from pg_index index
    join pg_attribute attribute on attribute.attrelid = index.indrelid
      and attribute.attnum = any(index.indkey)
    where index.indrelid = to_regclass(${`"${SPEND_LOGS}"`}) and index.indisprimary`.execute(
    database.kysely,
  );
  return rows[0]?.columns?.includes('startTime') ?? false;
}
