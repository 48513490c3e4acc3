import type { Instant, Month } from '#libs/ledger';
import { type Database, atOneInstant } from '#libs/postgres';
import { ClosedMonths } from './closed-months';
import {
  sumAdjustments,
  sumMonth,
  sumOpening,
  type AdjustmentSum,
  type Asked,
  type PartSum,
} from './month-entries';
import type {
  AdjustedMonth,
  EntryBounds,
  Line,
  Section,
  Statement,
  TeamStatement,
} from './statement';

/** Nothing that is in the statement of a closed month can change: all that it reads was known by then. */
export function readStatement(
  database: Database,
  month: Month,
  teamId: string | undefined,
  partitions: number,
): Promise<Statement> {
  return atOneInstant(database, async (client) => {
    const closed = await ClosedMonths.read(client, month.zone);
    const asked: Asked = { month, teamId, closed, partitions };
    const opening = new Map(
      (await sumOpening(client, asked)).map(({ teamId: team, amountPico }) => [team, amountPico]),
    );
    const parts = Map.groupBy(await sumMonth(client, asked), (sum) => sum.teamId);
    const adjusted = Map.groupBy(await sumAdjustments(client, asked), (sum) => sum.teamId);
    const teams = new Set([...opening.keys(), ...parts.keys(), ...adjusted.keys()]);
    if (teamId !== undefined) teams.add(teamId);
    return {
      month,
      closing: closed.closing(month),
      teams: [...teams]
        .sort()
        .map((team) =>
          teamStatement(
            { asked, team },
            opening.get(team) ?? 0n,
            parts.get(team) ?? [],
            adjusted.get(team) ?? [],
          ),
        ),
    };
  });
}

interface Team {
  readonly asked: Asked;
  readonly team: string;
}

function teamStatement(
  team: Team,
  openingPico: bigint,
  parts: readonly PartSum[],
  adjusted: readonly AdjustmentSum[],
): TeamStatement {
  const spends = section(team, 'spend', parts);
  const corrections = section(team, 'correction', parts);
  const adjustments = adjustmentsOf(team, adjusted);
  const closingPico = adjusted.reduce(
    (sum, { amountPico }) => sum + amountPico,
    openingPico + spends.amountPico + corrections.amountPico,
  );
  return { teamId: team.team, openingPico, spends, corrections, adjustments, closingPico };
}

function section(team: Team, kind: Line['entries']['kind'], parts: readonly PartSum[]): Section {
  const ofKind = parts.filter((part) => part.kind === kind);
  const bounds = monthBounds(team, kind);
  const whole = ofKind.find(({ by }) => by === 'all');
  return {
    ...lineOf(whole, bounds),
    byModel: ofKind
      .filter(({ by }) => by === 'model')
      .map((part) => ({ model: part.name, ...lineOf(part, { ...bounds, model: part.name }) })),
    byMember: ofKind
      .filter(({ by }) => by === 'member')
      .map((part) => ({ userId: part.name, ...lineOf(part, { ...bounds, userId: part.name }) })),
  };
}

function adjustmentsOf(team: Team, adjusted: readonly AdjustmentSum[]): AdjustedMonth[] {
  const { asked } = team;
  const byMonth = Map.groupBy(adjusted, ({ month }) => month.name);
  return [...byMonth.values()].map((sums) => {
    const { month } = sums[0]!;
    const line = (kind: Line['entries']['kind']) =>
      lineOf(
        sums.find((sum) => sum.kind === kind),
        {
          teamId: team.team,
          kind,
          from: month.window.start,
          to: month.window.end,
          ...knownIn(asked.month),
          ...after(asked.closed.closing(month)?.knownAt),
        },
      );
    return { month: month.name, spends: line('spend'), corrections: line('correction') };
  });
}

function monthBounds({ asked, team }: Team, kind: Line['entries']['kind']): EntryBounds {
  const { month, closed } = asked;
  const knownAt = closed.closing(month)?.knownAt;
  const { start: from, end: to } = month.window;
  return { teamId: team, kind, from, to, ...(knownAt !== undefined && { knownAt }) };
}

function knownIn({ window: { start, end } }: Month): Partial<EntryBounds> {
  return {
    ...(start !== null && { knownFrom: start }),
    ...(end !== null && { knownBefore: end }),
  };
}

function after(knownAfter: Instant | undefined): Partial<EntryBounds> {
  return knownAfter === undefined ? {} : { knownAfter };
}

function lineOf(sum: Omit<Line, 'entries'> | undefined, entries: EntryBounds): Line {
  const { amountPico = 0n, count = 0, unpriced = 0 } = sum ?? {};
  return { amountPico, count, unpriced, entries };
}
