import { instantOf, picoOfDecimal } from '#libs/ledger';
import { forecast, type Burning } from './forecast';

const at = instantOf;
const pico = picoOfDecimal;
const APRIL = { start: at('2026-04-01T00:00:00Z'), end: at('2026-05-01T00:00:00Z') };

/** Ten days of 1.00 each in April, of a limit of 20.00. */
const BURNING: Burning = {
  now: at('2026-04-11T00:00:00Z'),
  window: APRIL,
  limitPico: pico('20'),
  spentPico: pico('10'),
  heldPico: 0n,
  pacedPico: pico('7'),
  pacedSince: at('2026-04-04T00:00:00Z'),
  daysPico: ['1', '0.5', '2', '1', '1', '1', '0.5'].map(pico),
};

describe('the forecast of a budget', () => {
  it('goes on at the pace of the last days', () => {
    expect(forecast(BURNING)).toEqual({
      endSpentPico: pico('30'),
      lowPico: pico('20'),
      highPico: pico('50'),
      exhaustsAt: at('2026-04-21T00:00:00Z'),
      pacePerDayPico: pico('1'),
    });
  });

  it('counts what is held as gone', () => {
    const exhaustsAt = at('2026-04-16T00:00:00Z');
    expect(forecast({ ...BURNING, heldPico: pico('5') })).toMatchObject({ exhaustsAt });
  });

  it('says that a limit that is reached is reached now', () => {
    const exhaustsAt = BURNING.now;
    expect(forecast({ ...BURNING, spentPico: pico('20') })).toMatchObject({ exhaustsAt });
  });

  it('names no moment after the end of the window, when the money is new', () => {
    expect(forecast({ ...BURNING, limitPico: pico('30') })).toMatchObject({ exhaustsAt: null });
    const late = { ...BURNING, limitPico: pico('29.999999999999') };
    expect(forecast(late)).toMatchObject({ exhaustsAt: at('2026-04-30T23:59:59.999999Z') });
  });

  it('of a window without an end names only when the money is spent', () => {
    const window = { start: null, end: null };
    expect(forecast({ ...BURNING, window })).toMatchObject({
      endSpentPico: null,
      lowPico: null,
      highPico: null,
      exhaustsAt: at('2026-04-21T00:00:00Z'),
    });
  });

  it('has no least and no greatest day where no whole day is over', () => {
    expect(forecast({ ...BURNING, daysPico: [] })).toMatchObject({ lowPico: null, highPico: null });
  });

  it.each<[string, Partial<Burning>]>([
    ['no_limit', { limitPico: null }],
    ['too_early', { now: at('2026-04-02T11:59:59Z'), pacedSince: APRIL.start }],
    [
      'too_early',
      { window: { start: null, end: null }, pacedSince: at('2026-04-10T23:00:00.000001Z') },
    ],
    ['idle', { pacedPico: 0n }],
    ['idle', { pacedPico: -1n }],
  ])('says why there is none: %s', (why, known) => {
    expect(forecast({ ...BURNING, ...known })).toBe(why);
  });
});
