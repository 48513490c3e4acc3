import { outcomeOfRow } from './outcome-of-row';
import type { LogRow } from './log-row';
import { logRow } from './rows.fixture';

const UNPRICED = new Set(['unpriced']);
const ZERO = { spend: '0' };

describe('what a row comes to', () => {
  it.each<[string, Partial<LogRow>, object]>([
    ['a cost', {}, { basis: 'exact' }],
    ['a failure that cost', { status: 'failure' }, { basis: 'estimated' }],
    ['what LiteLLM reckoned', { isReckoned: true }, { basis: 'estimated' }],
    ['NaN', { spend: 'NaN' }, { basis: 'unknown' }],
    ['an infinite cost', { spend: 'Infinity' }, { basis: 'unknown' }],
    ['a negative cost', { spend: '-0.5' }, { basis: 'unknown' }],
    ['a failure of NaN', { spend: 'NaN', status: 'failure' }, { basis: 'unknown' }],
    ['a failure of nothing', { ...ZERO, status: 'failure' }, { skipped: 'failures' }],
    ['a cache hit', { ...ZERO, cacheHit: 'True' }, { skipped: 'cacheHits' }],
    [
      'a cache hit without a price',
      { ...ZERO, cacheHit: 'True', isUnpriced: true },
      { skipped: 'cacheHits' },
    ],
    ['tokens without a price', { ...ZERO, isUnpriced: true }, { basis: 'unknown' }],
    ['a group that the operator named', { ...ZERO, modelGroup: 'unpriced' }, { basis: 'unknown' }],
    [
      'nothing of a group that the operator named',
      { ...ZERO, modelGroup: 'unpriced', totalTokens: 0 },
      { skipped: 'free' },
    ],
    ['a free model', ZERO, { skipped: 'free' }],
    ['minus zero', { spend: '-0' }, { skipped: 'free' }],
    ['what the hook reported', { isLive: true, spend: 'NaN' }, { skipped: 'live' }],
  ])('%s', (_, columns, expected) => {
    expect(outcomeOfRow(logRow(columns), UNPRICED)).toMatchObject(expected);
  });
});
