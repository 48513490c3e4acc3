import { instantOf } from '#libs/ledger';
import { LedgerClock } from './ledger-clock';

const T0 = instantOf('2026-04-27T10:00:00Z');

describe('the ledger’s clock when nobody can read it', () => {
  let nowMs: number;
  let clock: LedgerClock;

  beforeEach(() => {
    nowMs = 5000;
    clock = new LedgerClock(() => nowMs);
    clock.note(T0);
  });

  it('is its last reading, and what has passed since', () => {
    expect(clock.now()).toBe(T0);
    nowMs += 1500.25;
    expect(clock.now()).toBe(T0 + 1_500_250n);
  });

  it('goes by the latest reading, whatever came in last', () => {
    nowMs += 10;
    clock.note(T0 + 10_000n);
    nowMs += 10;
    clock.note(T0 + 5_000n);
    expect(clock.now()).toBe(T0 + 20_000n);
  });
});
