import { parseAmount } from '#libs/ledger';
import type { Given } from '../../command';
import { CommandRefused } from '../../command-refused';
import { givenAccount, givenTime } from '../../given';
import type { Change, Selection } from './prepare-selected';

const FACTOR = /^(?:0|[1-9]\d{0,8})(?:\.\d{1,12})?$/;

/** Which spends are meant. @throws CommandRefused */
export function givenSelection({ options }: Given): Selection {
  const [from, to] = [givenTime(options, 'from'), givenTime(options, 'to')];
  const selection = {
    ...(typeof options['account'] === 'string' && { account: givenAccount(options['account']) }),
    ...(typeof options['model'] === 'string' && { model: options['model'] }),
    ...(typeof options['source'] === 'string' && { source: options['source'] }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
  if (Object.keys(selection).length > 0) return selection;
  throw new CommandRefused(
    'Say which spends are corrected: --csv, or at least one of --account, --model, --source, --from, --to.',
  );
}

/** What becomes of them. @throws CommandRefused */
export function givenChange({ options }: Given): Change {
  const { reverse, amount, multiply } = options;
  const given = [reverse, amount, multiply].filter((option) => option !== undefined);
  if (given.length !== 1) {
    throw new CommandRefused('Say what becomes of them: one of --reverse, --amount, --multiply.');
  }
  if (reverse !== undefined) return { kind: 'reverse' };
  if (amount !== undefined) {
    const read = parseAmount(amount, '--amount');
    if (!read.ok) throw new CommandRefused(`--amount ${read.errors[0]!.message}.`);
    return { kind: 'amend', amountPico: read.value };
  }
  if (typeof multiply === 'string' && FACTOR.test(multiply)) {
    return { kind: 'multiply', factor: multiply };
  }
  throw new CommandRefused('--multiply must be a decimal such as 0.5, without sign or exponent.');
}
