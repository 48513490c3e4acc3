import { formatInstant, parseId, parseZone, type Instant } from '#libs/ledger';
import { RESERVED_SOURCES } from '#libs/wire';
import type { Given } from '../../command';
import { CommandRefused } from '../../command-refused';
import { givenTime } from '../../given';
import type { EndUsers } from './event-of-row';
import { parseLabelSources, type LabelSource } from './label-sources';
import type { ResetRules } from './limits/window-of-duration';

export const OPTIONS = {
  from: { type: 'string' },
  source: { type: 'string' },
  'dry-run': { type: 'boolean' },
  follow: { type: 'boolean' },
  since: { type: 'string' },
  until: { type: 'string' },
  timezone: { type: 'string' },
  'reset-time': { type: 'string' },
  'unpriced-models': { type: 'string' },
  'no-budgets': { type: 'boolean' },
  'no-spend': { type: 'boolean' },
  'end-users': { type: 'string' },
  label: { type: 'string', multiple: true },
} as const;

export const USAGE =
  '--from <postgres url> [--dry-run | --follow] [--source <name>] [--since <time>] [--until <time>] [--timezone <zone>] [--reset-time <HH:MM>] [--unpriced-models <group,…>] [--end-users drop|hash|keep] [--label <label>=<source>]… [--no-budgets | --no-spend]';

/** What is asked for. */
export interface ImportOrder {
  readonly from: string;
  readonly source: string;
  readonly isDry: boolean;
  readonly follows: boolean;
  /** Rows that began then or later, and before; as Postgres reads a timestamp. */
  readonly since: string;
  readonly until: string;
  readonly resets: ResetRules;
  readonly unpricedModels: ReadonlySet<string>;
  readonly endUsers: EndUsers;
  readonly labels: readonly LabelSource[];
  readonly hasBudgets: boolean;
  readonly hasSpend: boolean;
}

type Options = Given['options'];

/** @throws CommandRefused */
export function givenImport(options: Options): ImportOrder {
  const from = options['from'];
  if (typeof from !== 'string' || !/^postgres(ql)?:\/\/./.test(from)) {
    throw new CommandRefused(
      'Say which database LiteLLM writes: --from postgres://user:password@localhost:5432/litellm.',
    );
  }
  const order: ImportOrder = {
    from,
    source: sourceOf(options),
    isDry: options['dry-run'] === true,
    follows: options['follow'] === true,
    since: timestampOf(givenTime(options, 'since')) ?? '-infinity',
    until: timestampOf(givenTime(options, 'until')) ?? 'infinity',
    resets: { zone: zoneOf(options), resetMinute: resetMinuteOf(options) },
    unpricedModels: new Set(listOf(options['unpriced-models'])),
    endUsers: endUsersOf(options),
    labels: labelsOf(options),
    hasBudgets: options['no-budgets'] !== true,
    hasSpend: options['no-spend'] !== true,
  };
  if (!order.hasBudgets && !order.hasSpend) {
    throw new CommandRefused('With --no-budgets and --no-spend nothing is left to import.');
  }
  if (order.follows && (order.isDry || !order.hasSpend)) {
    throw new CommandRefused('--follow records new rows: leave --dry-run and --no-spend out.');
  }
  return order;
}

function sourceOf({ source = 'litellm' }: Options): string {
  const name = parseId(source, '--source');
  if (!name.ok) throw new CommandRefused(`--source ${name.errors[0]!.message}.`);
  const reserved = RESERVED_SOURCES.find((start) => name.value.startsWith(start));
  if (reserved !== undefined) {
    throw new CommandRefused(`--source must not begin with ${reserved}: that is the ledger's.`);
  }
  return name.value;
}

function timestampOf(instant: Instant | undefined): string | undefined {
  return instant === undefined ? undefined : formatInstant(instant);
}

function zoneOf({ timezone = 'UTC' }: Options): string {
  const zone = parseZone(timezone, '--timezone');
  if (zone.ok) return zone.value;
  throw new CommandRefused(`--timezone ${zone.errors[0]!.message}, and is "${String(timezone)}".`);
}

function resetMinuteOf(options: Options): number {
  const text = options['reset-time'] ?? '00:00';
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(String(text)) ?? [];
  if (hour !== undefined) return 60 * Number(hour) + Number(minute);
  throw new CommandRefused(
    `--reset-time must be a time of day such as 06:00, and is "${String(text)}".`,
  );
}

function endUsersOf(options: Options): EndUsers {
  const rule = options['end-users'] ?? 'drop';
  if (rule === 'drop' || rule === 'hash' || rule === 'keep') return rule;
  throw new CommandRefused(`--end-users must be drop, hash or keep, and is "${String(rule)}".`);
}

function labelsOf({ label = [] }: Options): readonly LabelSource[] {
  const sources = parseLabelSources(Array.isArray(label) ? label.map(String) : [String(label)]);
  if (typeof sources === 'string') throw new CommandRefused(`--label ${sources}.`);
  return sources;
}

function listOf(text: Options[string]): string[] {
  return typeof text === 'string' ? text.split(',').filter((name) => name !== '') : [];
}
