/** Who a door says is calling; the record carries it. */
export const ANONYMOUS = 'anonymous';
