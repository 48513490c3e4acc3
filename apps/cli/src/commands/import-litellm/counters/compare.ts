import { formatMoney, picoOfDecimal, redactSecrets } from '#libs/ledger';
import { readDouble, roundToPico } from '../double';
import { fitId } from '../fit-id';
import type { CounterRow } from './read-counters';

/** A counter of a person beside what she spent herself and what teams spent in her name. */
export interface UserComparison {
  readonly userId: string;
  /** What LiteLLM says; `null`: it has no counter of her. */
  readonly litellm: string | null;
  readonly personal: string;
  readonly team: string;
  /** What of the teams' money is in her counter. */
  readonly pollution: string;
  readonly unexplained: string | null;
  readonly limit: string | null;
  /** LiteLLM refuses her own key though her own spend is below her limit. */
  readonly falselyRefused: boolean;
}

/** Any other counter beside the rows of its owner. */
export interface Comparison {
  readonly teamId?: string;
  readonly userId?: string;
  readonly keyId?: string;
  readonly alias?: string | null;
  readonly litellm: string | null;
  readonly ledger: string;
  readonly difference: string | null;
}

/** Sums of doubles are off by as much in any order: 10^-6. */
export const NOISE_PICO = 1_000_000n;

export function compareUser(row: CounterRow): UserComparison {
  const counter = picoOf(row.counter);
  const [personal, team] = [picoOfDecimal(row.own), picoOfDecimal(row.teams)];
  const pollution = counter === undefined ? 0n : pollutionOf(counter - personal, team);
  const limit = picoOf(row.limit);
  return {
    userId: fitId(row.id, 'userId'),
    litellm: printed(counter, row.counter),
    personal: formatMoney(personal),
    team: formatMoney(team),
    pollution: formatMoney(pollution),
    unexplained: counter === undefined ? null : formatMoney(counter - personal - pollution),
    limit: limit === undefined ? null : formatMoney(limit),
    falselyRefused:
      counter !== undefined && limit !== undefined && counter >= limit && personal < limit,
  };
}

export function compare(kind: 'team' | 'member' | 'key', row: CounterRow): Comparison {
  const counter = picoOf(row.counter);
  const ledger = picoOfDecimal(row.own);
  const ids = {
    team: () => ({ teamId: fitId(row.id, 'teamId') }),
    member: () => ({
      teamId: fitId(row.id, 'teamId'),
      userId: fitId(row.memberId, 'userId'),
    }),
    key: () => ({ keyId: fitId(row.id, 'keyId'), alias: row.alias && redactSecrets(row.alias) }),
  }[kind]();
  return {
    ...ids,
    litellm: printed(counter, row.counter),
    ledger: formatMoney(ledger),
    difference: counter === undefined ? null : formatMoney(counter - ledger),
  };
}

export function isNoise(money: string): boolean {
  const pico = picoOfDecimal(money);
  return (pico < 0n ? -pico : pico) < NOISE_PICO;
}

/** All of the teams' money, unless the counter has no room for it: then it was reset, or counted right for some time. */
function pollutionOf(excess: bigint, team: bigint): bigint {
  if (excess >= team - NOISE_PICO) return team;
  return excess < NOISE_PICO ? 0n : excess;
}

function picoOf(double: string | null): bigint | undefined {
  const exact = double === null ? undefined : readDouble(double);
  return exact && roundToPico(exact);
}

/** A counter that is no number is told as it is. */
function printed(pico: bigint | undefined, double: string | null): string | null {
  return pico === undefined ? double : formatMoney(pico);
}
