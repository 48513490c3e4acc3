import { visibleText } from '#libs/json';
import { printTable } from '../../print/table';
import type { LineDocument, StatementDocument, TeamDocument } from '#libs/audit';

const FIGURES = new Set([1, 2, 3]);

export function printStatement(statement: StatementDocument): string {
  const { month, zone, start, end, currency, closed, teams } = statement;
  const head = [
    `${month} (${zone}: ${start ?? 'the beginning'} to ${end ?? 'the end'}), in ${currency}`,
    closed === null
      ? 'Open: what comes late still changes it.'
      : `Closed${closed.month === month ? '' : ` with ${closed.month}`} by ${visibleText(closed.closedBy)}: what was known at ${closed.knownAt}, for ever.`,
  ].join('\n');
  if (teams.length === 0) return `${head}\n\nNo team has spent anything.`;
  return [head, ...teams.map(printTeam)].join('\n\n');
}

function printTeam(team: TeamDocument): string {
  const { spends, corrections, adjustments } = team;
  const rows = [
    ['Opening', team.opening, '', ''],
    ...printSection('Spends', spends),
    ...(corrections.count > 0 ? printSection('Corrections', corrections) : []),
    ...(adjustments.length > 0 ? [['Adjustments of prior months', '', '', '']] : []),
    ...adjustments.flatMap((one) => [
      ...(one.spends.count > 0 ? [line(`  ${one.month}, late spends`, one.spends)] : []),
      ...(one.corrections.count > 0 ? [line(`  ${one.month}, corrections`, one.corrections)] : []),
    ]),
    ['Closing', team.closing, '', ''],
  ];
  return printTable([`team ${team.team}`, 'amount', 'entries', 'of unknown cost'], rows, FIGURES);
}

function printSection(name: string, section: TeamDocument['spends']): string[][] {
  return [
    line(name, section),
    ...section.byModel.map((one) => line(`  by model   ${one.model ?? '(none)'}`, one)),
    ...section.byMember.map((one) => line(`  by member  ${one.user ?? '(nobody named)'}`, one)),
  ];
}

function line(name: string, { amount, count, unpriced }: LineDocument): string[] {
  return [name, amount, String(count), unpriced > 0 ? String(unpriced) : ''];
}
