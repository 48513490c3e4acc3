import { BARE_HOLD } from '#libs/testing';
import { formatInstant, instantOf } from '#libs/ledger';
import { expiryOf, overrunOf, stateOfHold, type Hold, type Settling } from './hold';

const NOW = instantOf('2026-04-27T10:00:00.25Z');
const HOLD: Hold = {
  ...BARE_HOLD,
  holdId: 'h',
  scope: { type: 'user', userId: 'alice' },
  amountPico: 4n,
  caller: 'gateway',
  createdAt: NOW,
  expiresAt: expiryOf(NOW, 1),
};
const SETTLING: Settling = {
  state: 'settling',
  at: NOW,
  late: false,
  event: { source: 's', id: 'e' },
  bodyHash: null,
  pools: null,
  model: null,
  expiryEvent: null,
  actualPico: 6n,
  basis: 'exact',
};

describe('a hold', () => {
  it('expires at a whole second, not before its time', () => {
    expect(formatInstant(expiryOf(NOW, 60))).toBe('2026-04-27T10:01:01Z');
    expect(formatInstant(expiryOf(instantOf('2026-04-27T10:00:00Z'), 60))).toBe(
      '2026-04-27T10:01:00Z',
    );
  });

  it('has expired from that instant on', () => {
    expect(stateOfHold(HOLD, HOLD.expiresAt - 1n, false)).toBe('active');
    expect(stateOfHold(HOLD, HOLD.expiresAt, false)).toBe('expired');
  });

  it('is settled once the projection has its event, and never expires before', () => {
    const settling = { ...HOLD, end: SETTLING };
    expect(stateOfHold(settling, HOLD.expiresAt, false)).toBe('settling');
    expect(stateOfHold(settling, HOLD.expiresAt, true)).toBe('settled');
  });

  it('is overrun by what the call cost more', () => {
    expect(overrunOf(HOLD, SETTLING)).toBe(2n);
    expect(overrunOf(HOLD, { ...SETTLING, actualPico: 4n })).toBe(0n);
    expect(overrunOf(HOLD, { ...SETTLING, actualPico: undefined })).toBe(0n);
  });
});
