import { setTimeout as sleep } from 'node:timers/promises';
import type { Cli, Command, Given } from '../command';
import { CommandRefused } from '../command-refused';
import { givenBy } from '../given';
import type { Projection } from '../open-ledger';
import { refuseOlderDatabase } from '../refuse-older-database';
import { stepOf } from '../step-of';
import { endBatch, insertBatch, lockBatch } from './corrections/batch';
import { commitLines } from './corrections/commit-batch';
import { givenChange, givenSelection } from './corrections/given-change';
import { countUnrecorded, readBatches } from './corrections/list-batches';
import { prepareLines } from './corrections/prepare-lines';
import { prepareSelected } from './corrections/prepare-selected';
import { printBatch, printBatches } from './corrections/print-batch';
import { prepareTakeBack } from './corrections/take-back';

const MOST_LISTED = 100;
const WAIT_MS = 60_000;
const POLL_MS = 200;

type Step = (given: Given, cli: Cli, projection: Projection) => Promise<void>;

const STEPS: Readonly<Record<string, Step>> = {
  prepare,
  show,
  list,
  commit,
  drop,
  reverse,
};

/** Corrections in bulk: prepared and shown as what they change, then committed or dropped; taken back later as a whole. */
export const corrections: Command = {
  summary: 'corrects many spends at once: prepare, show, commit or drop, reverse',
  usage:
    'prepare --reason <text> (--csv <file> | [--account --model --source --from --to] (--reverse | --amount <money> | --multiply <factor>)) | show <batch> | commit <batch> | drop <batch> | reverse <batch> --reason <text> | list',
  options: {
    reason: { type: 'string' },
    by: { type: 'string' },
    csv: { type: 'string' },
    account: { type: 'string' },
    model: { type: 'string' },
    source: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    reverse: { type: 'boolean' },
    amount: { type: 'string' },
    multiply: { type: 'string' },
  },
  positionals: { least: 1, most: 2 },
  async run(given, cli) {
    const step = stepOf(STEPS, given);
    await step(given, cli, await cli.projection());
    return 0;
  },
};

async function prepare(given: Given, cli: Cli, projection: Projection): Promise<void> {
  const { csv } = given.options;
  const batchId = await projection.database.atomically(async (client) => {
    const id = await insertBatch(client, saidIn(given));
    if (typeof csv === 'string') await prepareLines(client, id, csv);
    else {
      const { partitions } = projection.facts;
      await prepareSelected(client, id, givenSelection(given), givenChange(given), partitions);
    }
    return id;
  });
  await printBatch(given, cli, projection.database, batchId);
}

async function show(given: Given, cli: Cli, { database }: Projection): Promise<void> {
  await printBatch(given, cli, database, batchOf(given));
}

async function list(given: Given, cli: Cli, { database }: Projection): Promise<void> {
  printBatches(given, cli, await readBatches(database, { most: MOST_LISTED }));
}

async function commit(given: Given, cli: Cli, projection: Projection): Promise<void> {
  const batchId = batchOf(given);
  const { database, isAlone } = projection;
  const by = givenBy(given.options);
  await refuseOlderDatabase(cli, projection);
  const count = await database.atomically(async (client) => {
    const { reason } = await lockBatch(client, batchId, 'prepared');
    const committed = await commitLines(client, batchId, { reason, by });
    await endBatch(client, batchId, 'committed', by);
    return committed;
  });
  cli.tell(`${count} corrections are committed.`);
  if (isAlone) cli.tell('The ledger does not run; they count when it does.');
  else await untilRecorded(cli, projection, batchId);
  await printBatch(given, cli, database, batchId);
}

async function drop(given: Given, cli: Cli, { database }: Projection): Promise<void> {
  const batchId = batchOf(given);
  await database.atomically(async (client) => {
    await lockBatch(client, batchId, 'prepared');
    await endBatch(client, batchId, 'dropped', givenBy(given.options));
  });
  cli.tell('The batch is dropped: nothing was corrected.');
  await printBatch(given, cli, database, batchId);
}

async function reverse(given: Given, cli: Cli, { database }: Projection): Promise<void> {
  const ofBatch = batchOf(given);
  const batchId = await database.atomically(async (client) => {
    await lockBatch(client, ofBatch, 'committed');
    const id = await insertBatch(client, { ...saidIn(given), reverses: ofBatch });
    const { wereUnknown, correctedSince } = await prepareTakeBack(client, id, ofBatch);
    if (wereUnknown > 0)
      cli.tell(`${wereUnknown} calls had no known cost before: left as they are.`);
    if (correctedSince > 0)
      cli.tell(`${correctedSince} calls were corrected since: left as they are.`);
    return id;
  });
  await printBatch(given, cli, database, batchId);
}

/** Until the balances have them, or for a while: they are safe either way. */
async function untilRecorded(cli: Cli, { database }: Projection, batchId: string): Promise<void> {
  for (let waited = 0; waited < WAIT_MS && !cli.stopped.aborted; waited += POLL_MS) {
    if ((await countUnrecorded(database, batchId)) === 0) return;
    await sleep(POLL_MS);
  }
  cli.tell('They are not all in the balances yet; they are on their way there.');
}

function saidIn({ options }: Given): { reason: string; by: string } {
  const { reason } = options;
  if (typeof reason !== 'string') throw new CommandRefused('Say why: --reason <text>.');
  return { reason, by: givenBy(options) };
}

function batchOf({ positionals }: Given): string {
  const batchId = positionals[1];
  if (batchId === undefined) throw new CommandRefused('Say which batch: its id.');
  return batchId;
}
