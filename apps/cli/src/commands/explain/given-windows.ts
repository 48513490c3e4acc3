import { parseNamedWindow, type Window } from '#libs/ledger';
import type { Given } from '../../command';
import { CommandRefused } from '../../command-refused';
import { givenTime, givenZone } from '../../given';

/** The window that was asked for; `undefined`: none was. @throws CommandRefused */
export function givenWindow({ options }: Given): Window | undefined {
  const from = givenTime(options, 'from');
  const to = givenTime(options, 'to');
  const zone = givenZone(options);
  const named = options['window'];
  if (named === undefined) {
    if (options['zone'] !== undefined) {
      throw new CommandRefused('--zone is of the month in --window: give both, or neither.');
    }
    if (from === undefined && to === undefined) return undefined;
    if (from !== undefined && to !== undefined && from >= to) {
      throw new CommandRefused('--from must be before --to.');
    }
    return { start: from ?? null, end: to ?? null };
  }
  if (from !== undefined || to !== undefined) {
    throw new CommandRefused('Say either --window, or --from and --to.');
  }
  const window = parseNamedWindow(named, zone, '--window');
  if (window.ok) return window.value;
  throw new CommandRefused(`--window ${window.errors[0]!.message}, and is "${String(named)}".`);
}
