import { Writable } from 'node:stream';
import { heldRestorer } from '#libs/holds';
import type { Database } from '#libs/postgres';
import { applyBatch, fencePartition, planBatch } from '#libs/projection';
import type { SpendLog } from '#libs/spend-log';
import {
  createTestDatabase,
  openTestLog,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { CommandRefused } from '../command-refused';
import { COMMANDS } from '../commands';
import { readConfig } from '../config';
import { Terminal } from '../print/terminal';
import { readCommandLine } from '../read-command-line';

/** A ledger that commands are run on in specs. */
export interface LedgerInTest {
  readonly database: Database;
  readonly log?: SpendLog;
  readonly partitions?: number;
  readonly currency?: string;
  /** Its log is in Kafka. */
  readonly logId?: string;
  /** Its log is older than its database. */
  readonly restoreClaims?: boolean;
}

export interface CommandRun {
  readonly status: number;
  readonly out: string;
  /** The sentence of a command that was refused. */
  readonly refusal: string | undefined;
}

/** Runs a command as its process does. @param out takes what it writes, instead of the answer */
export async function runCommand(
  ledger: LedgerInTest,
  args: readonly string[],
  given: { readonly stopped?: AbortSignal; readonly out?: Writable } = {},
): Promise<CommandRun> {
  const { database, partitions = TEST_PARTITIONS, currency = TEST_CURRENCY } = ledger;
  const { logId = null } = ledger;
  const written: string[] = [];
  const keep = new Writable({
    write: (chunk: Buffer, _, done) => {
      written.push(chunk.toString());
      done();
    },
  });
  const aside: string[] = [];
  const terminal = new Terminal(
    { write: (text) => written.push(text) },
    { write: (text) => aside.push(text) },
  );
  const facts = { id: '', currency, partitions, logId };
  const projection = { database, facts, close: () => Promise.resolve(), isAlone: false };
  try {
    const line = readCommandLine(args, COMMANDS);
    if ('help' in line) return { status: 0, out: line.help, refusal: undefined };
    const status = await line.command.run(line.given, {
      print: (text) => terminal.print(text),
      tell: () => undefined,
      tellProgress: () => undefined,
      config: readConfig({}),
      out: given.out ?? keep,
      endsWhenStopped: () => undefined,
      stopped: given.stopped ?? new AbortController().signal,
      migrated: () => Promise.resolve(projection),
      projection: () => Promise.resolve(projection),
      ledger: () =>
        Promise.resolve({
          ...projection,
          log: ledger.log ?? openTestLog(database),
          reported: undefined,
        }),
    });
    return { status, out: written.join(''), refusal: undefined };
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    terminal.refuse(error.message);
    return { status: 2, out: written.join(''), refusal: aside.at(-1)!.slice(0, -1) };
  }
}

/** An empty ledger, as if it had been created with so many partitions. */
export async function ledgerOfPartitions(
  partitions: number,
): Promise<TestDatabase & { readonly partitions: number }> {
  const db = await createTestDatabase();
  await db.database.kysely.updateTable('ledger').set({ partitions }).execute();
  return { ...db, partitions };
}

/** Projects what the Postgres log has, whatever the ledger's number of partitions. */
export async function projectAll({
  database,
  partitions = TEST_PARTITIONS,
  restoreClaims = false,
}: LedgerInTest): Promise<void> {
  const rules = { currency: TEST_CURRENCY, partitions };
  for (let partition = 0; partition < partitions; partition++) {
    const fence = await fencePartition(database, partition);
    const records = await database.kysely
      .selectFrom('log_record')
      .select(['partition', 'log_offset as offset', 'headers', 'value'])
      .where('partition', '=', partition)
      .where('log_offset', '>=', fence.nextOffset)
      .orderBy('log_offset')
      .execute();
    if (records.length === 0) continue;
    const plan = planBatch(records, fence.knownAt, rules);
    const nextOffset = records.at(-1)!.offset + 1n;
    await applyBatch(database, fence, {
      plan,
      nextOffset,
      caughtUpAt: undefined,
      maxWindowSums: 500,
      restoring: restoreClaims ? heldRestorer(partitions) : undefined,
    });
  }
}
