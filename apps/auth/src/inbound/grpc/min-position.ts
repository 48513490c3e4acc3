import { parsePosition, type Position } from '#libs/ledger';
import { accepted } from '#libs/runtime';

/** @throws Problem `invalid` */
export function readMinPosition(value: string): Position | undefined {
  return value === '' ? undefined : accepted(parsePosition(value, 'min_position'));
}
