/** Who a door says is calling; the record carries it. */
export const ANONYMOUS = 'anonymous';

/** A hold is its taker's alone; one that was taken where nobody is named is everybody's. */
export const mayEndHold = (takenBy: string, caller: string): boolean =>
  takenBy === caller || takenBy === ANONYMOUS;
