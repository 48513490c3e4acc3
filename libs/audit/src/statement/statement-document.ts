import {
  formatAccount,
  formatInstant,
  formatMoney,
  printWindow,
  type Account,
  type Instant,
} from '#libs/ledger';
import type { ClosedMonth } from './closed-months';
import type {
  AdjustedMonth,
  EntryBounds,
  Line,
  Section,
  Statement,
  TeamStatement,
} from './statement';

export type StatementDocument = ReturnType<typeof documentOfStatement>;
export type TeamDocument = ReturnType<typeof documentOfTeam>;
export type LineDocument = ReturnType<typeof documentOfLine>;

/** What `statement --json` prints. */
export function documentOfStatement({ month, closing, teams }: Statement, currency: string) {
  return {
    month: month.name,
    zone: month.zone,
    ...printWindow(month.window),
    currency,
    closed: closing ? documentOfClosing(closing) : null,
    teams: teams.map(documentOfTeam),
  };
}

/** With the month that was closed: a month is closed with each later one. */
export function documentOfClosing({ month, knownAt, closedAt, closedBy }: ClosedMonth) {
  return {
    month: month.name,
    knownAt: formatInstant(knownAt),
    closedAt: formatInstant(closedAt),
    closedBy,
  };
}

function documentOfTeam(team: TeamStatement) {
  return {
    team: team.teamId,
    opening: formatMoney(team.openingPico),
    spends: documentOfSection(team.spends),
    corrections: documentOfSection(team.corrections),
    adjustments: team.adjustments.map(documentOfAdjustment),
    closing: formatMoney(team.closingPico),
  };
}

function documentOfSection(section: Section) {
  return {
    ...documentOfLine(section),
    byModel: section.byModel.map((line) => ({ model: line.model, ...documentOfLine(line) })),
    byMember: section.byMember.map((line) => ({ user: line.userId, ...documentOfLine(line) })),
  };
}

function documentOfAdjustment({ month, spends, corrections }: AdjustedMonth) {
  return { month, spends: documentOfLine(spends), corrections: documentOfLine(corrections) };
}

function documentOfLine({ amountPico, count, unpriced, entries }: Line) {
  return {
    amount: formatMoney(amountPico),
    count,
    unpriced,
    entries: documentOfBounds(entries),
  };
}

/** Which entries these are, in the words of `events`; of one that names nobody, or no model, `null`. */
function documentOfBounds({ teamId, kind, userId, model, ...times }: EntryBounds) {
  const account: Account =
    typeof userId === 'string' ? { kind: 'member', teamId, userId } : { kind: 'team', teamId };
  const bounds = Object.entries<Instant | null>(times);
  return {
    account: formatAccount(account),
    kind,
    ...(userId === null && { user: null }),
    ...(model !== undefined && { model }),
    ...Object.fromEntries(
      bounds.flatMap(([name, time]) => (time === null ? [] : [[name, formatInstant(time)]])),
    ),
  };
}
