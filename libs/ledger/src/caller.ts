/** Who a door says is calling; the record carries it. */
export const ANONYMOUS = 'anonymous';

/** Only the caller that took a hold may end it. Every caller may end a hold of the anonymous caller. */
export const mayEndHold = (takenBy: string, caller: string): boolean =>
  takenBy === caller || takenBy === ANONYMOUS;
