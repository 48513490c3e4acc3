import { printTable } from '../../print/table';
import { isNoise, type Comparison, type UserComparison } from './counters/compare';
import type { ImportReport, RowCounts } from './report';

/** For people: what LiteLLM got wrong first. */
export function printReport(report: ImportReport): string {
  const { rows, amount, rounding, dryRun } = report;
  return [
    ...pollution(report.users),
    ...table(
      'Models whose zero may be a price that LiteLLM did not know',
      report.unpricedCandidates,
      [
        ['model', ({ model }) => model],
        ['calls', ({ calls }) => String(calls)],
        ['tokens', ({ tokens }) => String(tokens)],
      ],
    ),
    `${dryRun ? 'Nothing was written. Rows' : 'Rows'}: ${countsOf(rows, dryRun)}. Amount: ${amount} (rounding changed ${rounding}).`,
    ...differences('Teams', report.teams, ({ teamId }) => teamId!),
    ...differences('Members', report.members, ({ teamId, userId }) => `${teamId}/${userId}`),
    ...differences('Keys', report.keys, ({ keyId, alias }) => alias ?? keyId!),
    ...table('Budgets', report.budgets, [
      ['budget', ({ budgetId }) => budgetId],
      ['account', ({ account }) => account],
      ['limit', ({ limit }) => limit],
      ['window', ({ window }) => windowText(window)],
      ['as in LiteLLM', ({ faithful }) => faithful],
      ['', ({ outcome }) => outcome],
    ]),
    ...table('Not moved: decide', report.notMoved, [
      ['kind', ({ kind }) => kind],
      ['id', ({ id }) => id],
      ['what', ({ what }) => what],
      ['value', ({ value }) => value],
      ['why', ({ why }) => why],
    ]),
    ...table('Renamed', report.renamed, [
      ['field', ({ field }) => field],
      ['as', ({ as }) => as],
      ['why', ({ why }) => why],
    ]),
    ...table('Suspected to be billed twice, and counted', report.suspects, [
      ['request', ({ requestId }) => requestId],
      ['why', ({ why }) => why],
    ]),
    ...table('Refused', report.refusals, [
      ['id', ({ id }) => id],
      ['why', ({ field, message }) => `${field} ${message}`],
    ]),
    ...Object.entries(report.leftOut)
      .filter(([, count]) => count > 0)
      .map(([list, count]) => `${count} more ${list} are not listed.`),
    report.notes.join('\n'),
  ].join('\n\n');
}

function pollution(users: readonly UserComparison[]): string[] {
  const polluted = users.filter((user) => !isNoise(user.pollution));
  if (polluted.length === 0) return ['No team’s money was found in a person’s counter.'];
  return table('Team money in people’s counters (LiteLLM #26239)', polluted, [
    ['user', ({ userId }) => userId],
    ['LiteLLM says', ({ litellm }) => litellm ?? '-'],
    ['limit', ({ limit }) => limit ?? '-'],
    ['really theirs', ({ personal }) => personal],
    ['of teams', ({ pollution: ofTeams }) => ofTeams],
    ['unexplained', ({ unexplained }) => differenceText(unexplained)],
    ['', ({ falselyRefused }) => (falselyRefused ? 'refused falsely' : '')],
  ]);
}

function differences(
  title: string,
  all: readonly Comparison[],
  nameOf: (one: Comparison) => string,
): string[] {
  const off = all.filter(({ difference }) => difference !== null && !isNoise(difference));
  const noise = all.filter(({ difference }) => difference !== null && isNoise(difference)).length;
  if (all.length === 0) return [];
  const rest = `${noise} of ${all.length} counters differ by nothing but the noise of doubles.`;
  const listed = table(`${title} whose counter differs from their rows`, off, [
    ['', nameOf],
    ['LiteLLM says', ({ litellm }) => litellm ?? '-'],
    ['rows', ({ ledger }) => ledger],
    ['difference', ({ difference }) => differenceText(difference)],
  ]);
  return [...listed, `${title}: ${rest}`];
}

function differenceText(money: string | null): string {
  if (money === null) return '-';
  return money !== '0.00' && isNoise(money) ? 'float noise' : money;
}

function countsOf(rows: RowCounts, isDry: boolean): string {
  const { skipped } = rows;
  return [
    `${rows.read} read`,
    `${rows.recorded} ${isDry ? 'to record' : 'recorded'}`,
    `${rows.duplicates} on record already`,
    `${rows.refused} refused`,
    `${skipped.failures} failures without a cost`,
    `${skipped.cacheHits} cache hits`,
    `${skipped.free} free`,
    `${skipped.live} reported live`,
    `${rows.estimated} of them estimated`,
    `${rows.unknown} of unknown cost`,
  ].join(', ');
}

function windowText(window: ImportReport['budgets'][number]['window']): string {
  switch (window.type) {
    case 'total':
      return 'total';
    case 'calendar':
      return `${window.unit} in ${window.zone}`;
    case 'every':
      return `every ${window.duration}`;
  }
}

function table<T>(
  title: string,
  items: readonly T[],
  columns: readonly (readonly [string, (item: T) => string])[],
): string[] {
  if (items.length === 0) return [];
  const header = columns.map(([name]) => name);
  const rows = items.map((item) => columns.map(([, of]) => of(item)));
  return [`${title}\n\n${printTable(header, rows)}`];
}
