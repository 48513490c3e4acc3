import { balanceOf, printBalance, readSnapshot, type Balance } from '#libs/balances';
import { reachKnownAt, readBalanceAsOf, type AsOfQuestion } from '#libs/audit';
import { formatAccount, formatInstant, type Account, type Instant } from '#libs/ledger';
import type { Cli, Command } from '../command';
import { CommandRefused } from '../command-refused';
import { givenAccount, givenTime, givenWait } from '../given';
import type { Projection } from '../open-ledger';
import { balanceTable } from './balance/balance-table';

const POLL_MS = 50;

/** `GET /v1/balances` in the terminal. */
export const balance: Command = {
  summary: 'says what an account has spent, and its budgets: now, or as it was',
  usage: '<account> [--at <time>] [--known-at <time>] [--wait <duration>]',
  options: { at: { type: 'string' }, 'known-at': { type: 'string' }, wait: { type: 'string' } },
  positionals: { least: 1, most: 1 },
  run: async ({ positionals, options }, cli) => {
    const account = givenAccount(positionals[0]!);
    const question = { at: givenTime(options, 'at'), knownAt: givenTime(options, 'known-at') };
    const waitMs = givenWait(options);
    const read =
      question.at === undefined && question.knownAt === undefined
        ? await readNow(account, await cli.projection())
        : await readAsOf(account, question, waitMs, cli);
    const document = printBalance(read);
    cli.print(options['json'] === true ? JSON.stringify(document) : balanceTable(document));
    return 0;
  },
};

async function readNow(account: Account, { database, facts }: Projection): Promise<Balance> {
  const accounts = new Map([[formatAccount(account), account]]);
  const snapshot = await readSnapshot(database, accounts, facts.partitions);
  return balanceOf(snapshot, account, facts.partitions);
}

async function readAsOf(
  account: Account,
  question: AsOfQuestion,
  waitMs: number,
  cli: Cli,
): Promise<Balance> {
  const { database, facts, isAlone } = await cli.projection();
  const readOnce = () => readBalanceAsOf(database, account, facts.partitions, question);
  let reading = await readOnce();
  if (reading.outcome === 'not_reached' && !isAlone) {
    const { stopped } = cli;
    await reachKnownAt(database, question.knownAt!, { waitMs, pollMs: POLL_MS, stopped });
    reading = await readOnce();
  }
  switch (reading.outcome) {
    case 'read':
      return reading.balance;
    case 'in_the_future':
      throw new CommandRefused(
        `--known-at must not be ahead of the ledger's clock, which says ${formatInstant(reading.now)}.`,
      );
    case 'not_reached':
      throw notReached(question.knownAt!, isAlone);
  }
}

/** Something can still be recorded as known before this time: an answer now might be another one later. */
function notReached(knownAt: Instant, isAlone: boolean): CommandRefused {
  const time = formatInstant(knownAt);
  return new CommandRefused(
    isAlone
      ? `The ledger stood still before ${time}, so what was known then is not final: start it and ask again.`
      : `The ledger has not come to ${time}, so what was known then is not final: ask again while its ingest and projector run.`,
  );
}
