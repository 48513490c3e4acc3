import { readLedgerNow } from '#libs/balances';
import { closeMonth, documentOfClosing, whyNotToClose, type Closing } from '#libs/audit';
import { visibleText } from '#libs/json';
import { formatInstant, type Month } from '#libs/ledger';
import type { Command } from '../command';
import { CommandRefused } from '../command-refused';
import { givenBy, givenMonth, givenWait } from '../given';

const POLL_MS = 50;

export const close: Command = {
  summary: 'closes a month: its figures are what is known now, for ever',
  usage: '--month <2026-04> [--zone <name>] [--by <who>] [--wait <duration>]',
  options: {
    month: { type: 'string' },
    zone: { type: 'string' },
    by: { type: 'string' },
    wait: { type: 'string' },
  },
  positionals: { least: 0, most: 0 },
  async run({ options }, cli) {
    const month = givenMonth(options);
    const by = givenBy(options);
    const waitMs = givenWait(options);
    const { database, isAlone } = await cli.projection();
    const reason = await whyNotToClose(database, month, await readLedgerNow(database.kysely));
    if (reason) throw refusalOf(reason, month);
    if (isAlone) {
      throw new CommandRefused(
        'Nothing of this ledger runs, so what is on its way cannot be waited for: start it, and close the month then.',
      );
    }
    const limits = { waitMs, pollMs: POLL_MS, stopped: cli.stopped };
    const closing = await closeMonth(database, month, by, limits);
    if (closing.outcome !== 'closed') throw refusalOf(closing, month);
    const document = documentOfClosing(closing.closed);
    cli.print(
      options['json'] === true
        ? JSON.stringify({ ...document, zone: month.zone })
        : `${month.name} (${month.zone}) is closed: its figures are what was known at ${document.knownAt}.`,
    );
    return 0;
  },
};

function refusalOf(
  closing: Exclude<Closing, { readonly outcome: 'closed' }>,
  { name, zone, window }: Month,
): CommandRefused {
  const month = `${name} (${zone})`;
  switch (closing.outcome) {
    case 'not_over':
      return new CommandRefused(
        `${month} is not over: ${window.end === null ? 'it has no end' : `it ends at ${formatInstant(window.end)}`}, and it is ${formatInstant(closing.now)}.`,
      );
    case 'closed_before': {
      const { closedAt, closedBy } = closing.closed;
      return new CommandRefused(
        `${month} was closed at ${formatInstant(closedAt)} by ${visibleText(closedBy)}, and stays so.`,
      );
    }
    case 'behind':
      return new CommandRefused(
        `${month} was not closed: what was recorded up to now is not known yet in ${closing.partitions.length} partitions. Do an ingest and a projector run? Try again, with a longer --wait.`,
      );
    case 'overtaken':
      return new CommandRefused(
        `${month} was not closed: a month before it was closed meanwhile. Try again.`,
      );
  }
}
