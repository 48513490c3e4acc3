import {
  documentOfAccount,
  documentOfDecision,
  explainAccount,
  explainDecision,
  isIdOfDecision,
  readCurrentWindows,
} from '#libs/audit';
import type { Cli, Command, Given } from '../command';
import { CommandRefused } from '../command-refused';
import { givenAccount, givenNumber } from '../given';
import { givenWindow } from './explain/given-windows';
import { printAccount } from './explain/print-account';
import { printDecision } from './explain/print-decision';

const DIFFERS = 1;
const LIMIT = { least: 0, most: 1_000_000, otherwise: 1000 };
const OF_ACCOUNTS = ['window', 'from', 'to', 'zone'];

export const explain: Command = {
  summary: 'shows the calls and holds behind a decision, or behind what an account has spent',
  usage:
    '<decisionId | account> [--window <month> | --from <time> --to <time>] [--zone <name>] [--limit <entries>]',
  options: {
    window: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    zone: { type: 'string' },
    limit: { type: 'string' },
  },
  positionals: { least: 1, most: 1 },
  run(given, cli) {
    const [what] = given.positionals;
    return isIdOfDecision(what!) ? runDecision(what!, given, cli) : runAccount(what!, given, cli);
  },
};

async function runDecision(decisionId: string, { options }: Given, cli: Cli): Promise<number> {
  const stranger = OF_ACCOUNTS.find((name) => options[name] !== undefined);
  if (stranger !== undefined) {
    throw new CommandRefused(`--${stranger} is of accounts: a decision has its own windows.`);
  }
  const most = givenNumber(options, 'limit', LIMIT);
  const { database, facts } = await cli.projection();
  const explained = await explainDecision(database, decisionId, { ...facts, most });
  if (!explained) {
    throw new CommandRefused(
      `There is no decision ${decisionId}: refusals are kept for a time (DECISION_RETENTION), others only with RECORD_DECISIONS=all.`,
    );
  }
  const document = documentOfDecision(explained);
  cli.print(options['json'] === true ? JSON.stringify(document) : printDecision(document));
  return explained.agrees ? 0 : DIFFERS;
}

async function runAccount(text: string, given: Given, cli: Cli): Promise<number> {
  const { options } = given;
  if (!text.includes(':') && text !== 'ledger') {
    // Not what it is: it may be a secret.
    throw new CommandRefused(
      'Say the id of a decision, or an account: key:<id>, user:<id>, team:<id>, member:<team>/<user>, person:<user>, label:<name>/<value> or ledger.',
    );
  }
  const account = givenAccount(text);
  const window = givenWindow(given);
  const most = givenNumber(options, 'limit', LIMIT);
  const { database, facts } = await cli.projection();
  const windows =
    window === undefined
      ? await readCurrentWindows(database, account, facts.partitions)
      : [{ window, budgetIds: [] }];
  const explained = await explainAccount(database, account, windows, { ...facts, most });
  const document = documentOfAccount(explained, facts.currency);
  cli.print(options['json'] === true ? JSON.stringify(document) : printAccount(document));
  const isRight = document.windows.every(
    ({ agrees, entries }) => agrees && entries.every(({ priced }) => priced?.agrees !== false),
  );
  return isRight ? 0 : DIFFERS;
}
