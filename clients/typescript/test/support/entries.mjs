/** A report of one spend, as the journal keeps it. */
export const entryOf = (id, more = {}) => ({
  id,
  state: 'due',
  event: {
    specversion: '1.0',
    id,
    source: 'test',
    type: 'spendledger.spend.recorded.v1',
    time: '2026-04-27T10:00:00Z',
    data: { scope: { type: 'user', userId: 'alice' }, amount: '0.02' },
  },
  isTimeOurs: true,
  ...more,
});

export const idsOf = (entries) => entries.map(({ id }) => id).sort();
