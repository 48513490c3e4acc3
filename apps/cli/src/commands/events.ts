import { listEntries, placeOf, printEntry, type EntryRow } from '#libs/balances';
import { visibleLines } from '#libs/json';
import { formatMoney, picoOfDecimal } from '#libs/ledger';
import type { Command } from '../command';
import { CommandRefused } from '../command-refused';
import { givenAccount, givenTime } from '../given';
import { streamOutput } from '../output';
import { printTable } from '../print/table';
import { printUsage } from '../print/usage';

const PAGE = 1000;
const HEADER = ['time', 'entry', 'amount', 'total', 'model', 'scope', 'source', 'id', 'by', 'why'];
const HEADER_LINES = 2;
const FIGURES = new Set([2, 3]);

export const eventsCommand: Command = {
  summary: 'lists what feeds an account, by time, with the running total',
  usage: '<account> [--from <time>] [--to <time>]',
  options: { from: { type: 'string' }, to: { type: 'string' } },
  positionals: { least: 1, most: 1 },
  run: async ({ positionals, options }, cli) => {
    const account = givenAccount(positionals[0]!);
    const [from, to] = [givenTime(options, 'from'), givenTime(options, 'to')];
    if (from !== undefined && to !== undefined && to < from) {
      throw new CommandRefused('--to must not be before --from.');
    }
    const { database, facts } = await cli.projection();
    const output = streamOutput(cli.out ?? process.stdout, cli.stopped);
    const print = options['json'] === true ? printLines : tablePrinter();
    let page: EntryRow[];
    let after;
    do {
      const wanted = { account, from, to, after, limit: PAGE };
      page = await listEntries(database, wanted, facts.partitions);
      await output.write(print(page));
      after = page.length > 0 ? placeOf(page.at(-1)!) : undefined;
    } while (page.length === PAGE);
    return 0;
  },
};

function printLines(page: readonly EntryRow[]): string {
  return page.map((row) => `${visibleLines(JSON.stringify(printEntry(row)))}\n`).join('');
}

/** One table over all pages. */
function tablePrinter(): (page: readonly EntryRow[]) => string {
  let totalPico = 0n;
  let isFirst = true;
  return (page) => {
    const rows = page.map((row) => {
      totalPico += row.amount === null ? 0n : picoOfDecimal(row.amount);
      return cellsOf(row, totalPico);
    });
    const lines = printTable(HEADER, rows, FIGURES).split('\n');
    const shown = isFirst ? lines : lines.slice(HEADER_LINES);
    isFirst = false;
    return shown.map((line) => `${line}\n`).join('');
  };
}

function cellsOf(row: EntryRow, totalPico: bigint): string[] {
  const scope = [
    row.team_id && `team ${row.team_id}`,
    row.user_id,
    row.key_id && `key ${row.key_id}`,
  ];
  return [
    row.time,
    row.adjustment ?? 'spend',
    row.amount === null ? 'unknown' : formatMoney(picoOfDecimal(row.amount)),
    formatMoney(totalPico),
    row.model ?? '',
    scope.filter((part) => part !== null).join(', '),
    row.source,
    row.event_id,
    row.caller,
    whyOf(row),
  ];
}

/** Why a correction was made; and of usage what it was, and by which prices it has its amount. */
function whyOf({ adjusts, reason, usage, priced_by }: EntryRow): string {
  if (adjusts) return `${reason} (${adjusts.join(' ')})`;
  if (usage === null) return '';
  return `${printUsage(usage)}${priced_by === null ? ', no price' : ` by the prices ${priced_by}`}`;
}
