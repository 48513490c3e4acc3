import type { EnvReader } from '#libs/runtime';

/**
 * In how many slots the held money of labels and of the ledger stands: processes of one slot wait for each other, and
 * each answer adds all of them up. It may change at any time.
 */
export function readHoldSlots(env: EnvReader): number {
  return env.integer('HOLD_SLOTS', { default: 4, min: 1, max: 64, example: 4 });
}
