import { visibleText } from '#libs/json';
import type { ProjectionDifference } from '#libs/projection';

/** One line for a difference, and one for each event behind it. */
export function printDifference({
  kind,
  about,
  live,
  rebuilt,
  events,
}: ProjectionDifference): string {
  const { account, ...rest } = about;
  const details = Object.entries(rest).map(([name, text]) => `${name} ${text}`);
  const named = [kind.replace('_', ' '), ...(account === undefined ? [] : [account])].join(' ');
  const lines = events.map(
    ({ source, id, time, amount }) =>
      `    ${time}  ${amount ?? 'of unknown cost'}  ${source} ${id}`,
  );
  const heading = lines.length > 0 ? ['  the latest events behind it:'] : [];
  return [`${named} (${details.join(', ')}): ${disagreement(live, rebuilt)}`, ...heading, ...lines]
    .map(visibleText)
    .join('\n');
}

function disagreement(
  live: ProjectionDifference['live'],
  rebuilt: ProjectionDifference['rebuilt'],
): string {
  if (rebuilt === null) return 'is not in the log';
  if (live === null) return `is missing; by the log ${printColumns(rebuilt)}`;
  return Object.entries(rebuilt)
    .map(([name, text]) => `${name} is ${live[name] ?? 'nothing'}, by the log ${text ?? 'nothing'}`)
    .join('; ');
}

function printColumns(columns: Readonly<Record<string, string | null>>): string {
  return Object.entries(columns)
    .flatMap(([name, text]) => (text === null ? [] : [`${name} ${text}`]))
    .join(', ');
}
