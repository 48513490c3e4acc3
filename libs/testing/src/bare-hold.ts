/** What a hold has of which nothing was said, and to which nothing has happened. */
export const BARE_HOLD = {
  requestId: null,
  idempotency: null,
  decisionId: null,
  decision: null,
  labels: undefined,
  model: null,
  onPools: true,
  onExpiry: 'release',
  end: null,
} as const;
