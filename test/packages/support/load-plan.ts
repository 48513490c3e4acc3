import { formatMoney, picoOfDecimal } from '#libs/ledger';
import type { Chance } from './chance';
import type { DecideFault } from './faults';
import type { Load, Step } from './scenario';

/** At these pauses a process is killed. */
export const IN_CALL = 'killed-in-call';
const AFTER_COST = 'killed-after-cost';

/** How likely each fault is for one request. */
const FAULTS = {
  'drop-answer': 0.03,
  cut: 0.02,
  '503': 0.03,
  html: 0.01,
  delay: 0.03,
  'kill-before': 0.003,
  'kill-after': 0.003,
};
/** How likely each kill is for one call. */
const KILLS = { [IN_CALL]: 0.005, [AFTER_COST]: 0.005 };
const DELAY_MS_MAX = 300;
/** Costs are multiples of it. */
const GRAIN_PICO = picoOfDecimal('0.0001');

/** What one of the processes spends, call by call. */
export function planSpends(load: Load, chance: Chance, worker: number): readonly Step[] {
  const [least, most] = load.costs.map(picoOfDecimal) as [bigint, bigint];
  return Array.from({ length: load.spends }, (_, call) => {
    const share = chance.at('cost', worker, call);
    const grains = Number((most - least) / GRAIN_PICO);
    const cost = least + BigInt(Math.floor(share * (grains + 1))) * GRAIN_PICO;
    const kill = chance.pick(KILLS, 'kill', worker, call);
    return {
      do: 'spend',
      estimate: load.estimate,
      ttl: load.ttl,
      cost: formatMoney(cost),
      ...(kill === IN_CALL && { pause: IN_CALL }),
      ...(kill === AFTER_COST && { pauseAfterCost: AFTER_COST }),
    };
  });
}

/** What happens to the requests of one of the processes. */
export function randomFaults(chance: Chance, worker: number): DecideFault {
  return (template, nth) => {
    const fault = chance.pick(FAULTS, 'fault', worker, template, nth);
    if (fault === undefined) return undefined;
    return { fault, ms: chance.at('delay', worker, template, nth) * DELAY_MS_MAX };
  };
}
