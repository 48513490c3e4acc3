import { sql } from 'kysely';
import { Database, unreachable } from '#libs/postgres';
import { DEFAULT_PARTITIONS, openedOrRefused } from '#libs/runtime';
import {
  ledgerOptions,
  openLedger,
  openProjection,
  type LedgerOptions,
  type OpenLedger,
  type OpenProjection,
} from '#libs/opening';
import { CommandRefused } from './command-refused';
import type { CliConfig } from './config';
import { findDatabase, type FoundDatabase } from './find-database';

/** Whether the command has the ledger for itself: no process of it runs. */
interface Alone {
  readonly isAlone: boolean;
}
export type Projection = OpenProjection & Alone;
export type Ledger = OpenLedger & Alone;

/** The ledger that commands work on, opened as far as they ask for it. */
export class CommandLedger {
  private found: Promise<FoundDatabase> | undefined;
  private made: Promise<Projection> | undefined;
  private opened: Promise<Projection> | undefined;
  private openedWithLog: Promise<Ledger> | undefined;

  constructor(
    private readonly config: CliConfig,
    private readonly tell: (line: string) => void,
  ) {}

  /** Where there is no ledger yet, one is made. */
  migrated(): Promise<Projection> {
    this.made ??= this.open(openProjection, { mayCreate: true });
    return this.made;
  }

  projection(): Promise<Projection> {
    this.opened ??= this.open(openProjection);
    return this.opened;
  }

  ledger(): Promise<Ledger> {
    this.openedWithLog ??= this.open(openLedger);
    return this.openedWithLog;
  }

  async close(): Promise<void> {
    for (const opening of [this.made, this.opened, this.openedWithLog]) {
      const ledger = await opening?.catch(() => undefined);
      await ledger?.close();
    }
    const found = await this.found?.catch(() => undefined);
    await found?.stop();
  }

  private async open<T>(
    open: (options: LedgerOptions) => Promise<Parameters<typeof openedOrRefused<T>>[0]>,
    { mayCreate } = { mayCreate: false },
  ): Promise<T & Alone> {
    this.found ??= findDatabase(this.config, this.tell);
    const { databaseUrl, isAlone } = await this.found;
    const options = this.optionsOf(databaseUrl);
    if (!mayCreate) await refuseWithoutLedger(options);
    return { ...openedOrRefused(await open(options)), isAlone };
  }

  private optionsOf(databaseUrl: string): LedgerOptions {
    const { config, tell } = this;
    const options = ledgerOptions({
      ...config,
      name: 'cli',
      databaseUrl,
      defaultPartitions: DEFAULT_PARTITIONS,
      onWarning: tell,
      onError: (error, doing) => tell(`${doing}: ${String(error)}`),
    });
    return { ...options, database: { ...options.database, statementMs: config.statementMs } };
  }
}

/** An auditor who mistypes an address shall not make a ledger there. */
async function refuseWithoutLedger(options: LedgerOptions): Promise<void> {
  const obstacle = await unreachable(options.database);
  if (obstacle !== undefined) throw new CommandRefused(obstacle);
  const database = new Database({ ...options.database, maxConnections: 1 });
  try {
    const { rows } = await sql<{ ledger: string | null }>`
      select to_regclass('ledger')::text as ledger`.execute(database.kysely);
    if (rows[0]!.ledger === null) {
      throw new CommandRefused('There is no ledger in this database: start one on it first.');
    }
  } catch (error) {
    if (error instanceof CommandRefused) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandRefused(`The database cannot be reached: ${reason}`);
  } finally {
    await database.close();
  }
}
