import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createTestDatabase, prepareTemplate, TableCopier } from '#libs/testing';
import { runCommand } from '../../apps/cli/src/commands/ledger-commands.fixture';
import type { ImportReport } from '../../apps/cli/src/commands/import-litellm/report';
import { LitellmInTest } from '../../test/litellm/support/litellm-in-test';
import { startPostgres } from '../ledger/start-postgres';
import { peakMiBOf } from '../measure/proc';
import { takeTurns, type Subject } from '../measure/take-turns';
import { figureOf, ratioOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const LOGS = '"LiteLLM_SpendLogs"';
const PEAK_EVERY_MS = 10;
/** A statement that makes all of a large table would take longer than statements may. */
const COPIES_AT_ONCE = 100;

interface Sample {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly peakMiB: number | undefined;
}

const COLUMNS: readonly Column<Sample>[] = [
  { title: 'events/s', digits: 0, of: ({ perSecond }) => perSecond },
  { title: 'CPU us', digits: 0, of: ({ cpuMicros }) => cpuMicros },
  { title: 'peak MiB', digits: 0, of: ({ peakMiB }) => peakMiB },
];

/** An import of a grown LiteLLM database into an empty ledger, beside the same rows through COPY. */
export async function benchImportLitellm(options: LaneOptions): Promise<LaneReport> {
  const stopPostgres = await startPostgres(options.databaseUrl);
  await prepareTemplate();
  const litellm = await LitellmInTest.create();
  const copier = await TableCopier.connect(litellm.url);
  try {
    const events = await grow(litellm, options.events);
    return await benchImport(litellm, copier, events, options);
  } finally {
    await copier.close();
    await litellm.drop();
    await stopPostgres();
  }
}

async function benchImport(
  litellm: LitellmInTest,
  copier: TableCopier,
  events: number,
  { rounds, say }: LaneOptions,
): Promise<LaneReport> {
  const peakMiB = await peakOfCommand(litellm, events);
  await litellm.run(`create table copied (like ${LOGS} including all)`);
  const subjects: Subject<Sample>[] = [
    {
      name: 'import-litellm',
      measure: async () => ({ ...(await importOnce(litellm, events)), peakMiB }),
    },
    {
      name: 'reading and COPY',
      measure: async () => {
        await litellm.run('truncate copied');
        const copy = async () => copier.copyIn('copied', await copier.copyOut(LOGS));
        return { ...(await timed(events, copy)), peakMiB: undefined };
      },
    },
  ];
  const samples = await takeTurns(subjects, {
    rounds,
    onSample: (round, { name }, { perSecond }) =>
      say(`round ${round || 'to warm up'}: ${name} ${perSecond.toFixed(0)} events/s`),
  });
  return {
    lane: 'import-litellm',
    what: `${events.toLocaleString('en-US')} rows that are events into an empty ledger that is its own log`,
    columns: COLUMNS,
    figures: subjects.map(({ name }, n) => figureOf(name, samples[n]!, COLUMNS)),
    outcomes: [
      {
        name: 'events a second',
        value: Math.max(...samples[0]!.map(({ perSecond }) => perSecond)),
        floor: 5000,
        goal: 10_000,
      },
      ratioOf('import-litellm / reading and COPY', samples[0]!, samples[1]!),
    ],
  };
}

/** Each row that is an event many times, a second apart. @returns how many events there are */
async function grow(litellm: LitellmInTest, events: number): Promise<number> {
  await litellm.run(`delete from ${LOGS} where spend <= 0 or spend = 'NaN'`);
  const [counted] = await litellm.rows<{ count: bigint }>(`select count(*) as count from ${LOGS}`);
  const count = Number(counted!.count);
  const times = Math.max(1, Math.round(events / count));
  const columns = await litellm.rows<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = '${LOGS}'::regclass and attnum > 0`,
  );
  const names = columns.map(({ name }) => `"${name}"`);
  const values = names.map((name) => {
    if (name === '"request_id"') return `left(request_id, 200) || '-' || n`;
    return name === '"startTime"' ? `"startTime" - n * interval '1 s'` : name;
  });
  await litellm.run(`create table once as select * from ${LOGS}`);
  for (let from = 1; from < times; from += COPIES_AT_ONCE) {
    const to = Math.min(from + COPIES_AT_ONCE, times) - 1;
    await litellm.run(`
      insert into ${LOGS} (${names.join(', ')})
      select ${values.join(', ')} from once, generate_series(${from}, ${to}) n`);
  }
  await litellm.run(`vacuum analyze ${LOGS}`);
  return count * times;
}

async function importOnce(
  litellm: LitellmInTest,
  events: number,
): Promise<Omit<Sample, 'peakMiB'>> {
  const db = await createTestDatabase();
  try {
    return await timed(events, async () => {
      const args = ['import-litellm', '--from', litellm.url, '--no-budgets', '--json'];
      const { out } = await runCommand(db, args);
      const { recorded, skipped } = (JSON.parse(out) as ImportReport).rows;
      if (recorded + skipped.live < events) throw new Error(`${recorded} of ${events} events`);
    });
  } finally {
    await db.drop();
  }
}

async function timed(
  events: number,
  work: () => Promise<unknown>,
): Promise<Omit<Sample, 'peakMiB'>> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1000;
  return { perSecond: events / seconds, cpuMicros: (user + system) / events };
}

/** Of a command as an operator runs it. */
async function peakOfCommand(litellm: LitellmInTest, events: number): Promise<number | undefined> {
  const db = await createTestDatabase();
  const main = resolve(__dirname, '../../ledger.js');
  const child = spawn(process.execPath, [main, 'import-litellm', '--from', litellm.url, '--json'], {
    env: { ...process.env, DATABASE_URL: db.url },
    stdio: 'ignore',
  });
  let peakMiB: number | undefined;
  const look = setInterval(() => (peakMiB = peakMiBOf(child.pid!) ?? peakMiB), PEAK_EVERY_MS);
  const [status] = (await once(child, 'exit')) as [number | null];
  clearInterval(look);
  await db.drop();
  if (status !== 0) throw new Error(`the import of ${events} events ended with ${status}`);
  return peakMiB;
}
