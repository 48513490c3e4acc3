import {
  createTestDatabase,
  LedgerCommand,
  LedgerProcess,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { startRecorder } from '../load/recorder';
import { fillLedger } from './fill-ledger';
import { projectedRecords } from './projection';

const PROJECTED_MS = 3_600_000;

/** A ledger that is its own log, on the Postgres of the lane, with events that came through its door. No process runs. */
export class PostgresLedger {
  private constructor(private readonly db: TestDatabase) {}

  static async filled(events: number): Promise<PostgresLedger> {
    const db = await createTestDatabase({ ledger: false });
    const process = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    const recorder = startRecorder();
    try {
      await fillLedger(recorder, process, events);
      await untilProjected(db.database, events);
    } finally {
      recorder.stop();
      await process.stop();
    }
    return new PostgresLedger(db);
  }

  get database(): TestDatabase['database'] {
    return this.db.database;
  }

  command(...args: readonly string[]): LedgerCommand {
    return LedgerCommand.start({ DATABASE_URL: this.db.url }, ...args);
  }

  stop(): Promise<void> {
    return this.db.drop();
  }
}

export function untilProjected(database: TestDatabase['database'], events: number): Promise<void> {
  return waitUntil(
    'all events are projected',
    async () => (await projectedRecords(database)) >= events,
    PROJECTED_MS,
  );
}
