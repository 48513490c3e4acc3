import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { readExport } from '#libs/audit';
import { TableCopier } from '#libs/testing';
import { NdjsonWriter } from '../../apps/cli/src/commands/export/export-writer';
import { streamOutput } from '../../apps/cli/src/output';
import { GrownLedger } from '../ledger/grown-ledger';
import { benchUsers } from '../ledger/record-users';
import { startPostgres } from '../ledger/start-postgres';
import { peakMiBOf } from '../measure/proc';
import { takeTurns, type Subject } from '../measure/take-turns';
import { figureOf, ratioOf, type Column, type LaneReport } from '../report';
import type { LaneOptions } from './lane-options';

const USERS = 1000;
/** Of each of them, through the ledger's door. */
const EVENTS_EACH = 20;
const PEAK_EVERY_MS = 10;

interface Sample {
  readonly perSecond: number;
  readonly peakMiB: number | undefined;
}

const COLUMNS: readonly Column<Sample>[] = [
  { title: 'events/s', digits: 0, of: ({ perSecond }) => perSecond },
  { title: 'peak MiB', digits: 0, of: ({ peakMiB }) => peakMiB },
];

/** Exports of a whole ledger, beside Postgres handing out the same rows. */
export async function benchExport(options: LaneOptions): Promise<LaneReport> {
  const stopPostgres = await startPostgres(options.databaseUrl);
  const times = Math.max(1, Math.round(options.events / (USERS * EVENTS_EACH)));
  const ledger = await GrownLedger.open(benchUsers(USERS), times);
  const copier = await TableCopier.connect(ledger.databaseUrl);
  try {
    return await benchLedger(ledger, copier, options);
  } finally {
    await copier.close();
    await ledger.stop();
    await stopPostgres();
  }
}

async function benchLedger(
  ledger: GrownLedger,
  copier: TableCopier,
  { rounds, say }: LaneOptions,
): Promise<LaneReport> {
  const peakMiB = await peakOfCommand(ledger);
  const subjects: Subject<Sample>[] = [
    {
      name: 'export',
      measure: async () => ({ perSecond: await exportOnce(ledger), peakMiB }),
    },
    {
      name: 'bare COPY',
      measure: async () => {
        const start = performance.now();
        await copier.copyAway('spend_event');
        const seconds = (performance.now() - start) / 1000;
        return { perSecond: ledger.events / seconds, peakMiB: undefined };
      },
    },
  ];
  const samples = await takeTurns(subjects, {
    rounds,
    onSample: (round, { name }, { perSecond }) =>
      say(`round ${round || 'to warm up'}: ${name} ${perSecond.toFixed(0)} events/s`),
  });
  return {
    lane: 'export',
    what: `a ledger of ${ledger.events.toLocaleString('en-US')} events to /dev/null`,
    columns: COLUMNS,
    figures: subjects.map(({ name }, n) => figureOf(name, samples[n]!, COLUMNS)),
    outcomes: [ratioOf('export / bare COPY', samples[0]!, samples[1]!)],
  };
}

/** @returns events per second */
async function exportOnce({ database, events }: GrownLedger): Promise<number> {
  const nowhere = createWriteStream('/dev/null');
  const writer = new NdjsonWriter(streamOutput(nowhere, new AbortController().signal));
  const start = performance.now();
  await readExport(database, {}, writer);
  await writer.end();
  const seconds = (performance.now() - start) / 1000;
  nowhere.end();
  await once(nowhere, 'close');
  if (writer.written.entries !== events) {
    throw new Error(`${writer.written.entries} of ${events} events were exported`);
  }
  return events / seconds;
}

/** Of a command as an auditor runs it. */
async function peakOfCommand({ databaseUrl }: GrownLedger): Promise<number | undefined> {
  const main = resolve(__dirname, '../../ledger.js');
  const child = spawn(process.execPath, [main, 'export'], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', openSync('/dev/null', 'w'), 'ignore'],
  });
  let peakMiB: number | undefined;
  const look = setInterval(() => (peakMiB = peakMiBOf(child.pid!) ?? peakMiB), PEAK_EVERY_MS);
  const [status] = (await once(child, 'exit')) as [number | null];
  clearInterval(look);
  if (status !== 0) throw new Error(`the export ended with ${status}`);
  return peakMiB;
}
