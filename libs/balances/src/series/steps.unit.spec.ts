import { formatInstant, instantOf } from '#libs/ledger';
import { stepsBetween, type Step } from './steps';

const steps = (step: Step, zone: string, from: string, to: string, most = 1000) =>
  stepsBetween({ step, zone, from: instantOf(from), to: instantOf(to) }, most);
const startsOf = (found: ReturnType<typeof steps>) =>
  found!.map(({ start }) => formatInstant(start!));

describe('the steps of a series', () => {
  it.each<[Step, number]>([
    ['PT1H', 23],
    ['PT15M', 92],
    ['P1D', 1],
  ])('in %s are %i on the day on which an hour is skipped', (step, count) => {
    const found = steps(step, 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z');
    expect(found).toHaveLength(count);
  });

  it('begin with the one that holds from, and end before to', () => {
    const found = steps('P1D', 'Asia/Kathmandu', '2026-04-01T12:00:00Z', '2026-04-02T18:15:00Z');
    expect(startsOf(found)).toEqual(['2026-03-31T18:15:00Z', '2026-04-01T18:15:00Z']);
    const months = steps('P1M', 'UTC', '2026-02-10T00:00:00Z', '2026-04-01T00:00:00Z');
    expect(startsOf(months)).toEqual(['2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z']);
  });

  it('of a day of 23 hours and a half end with half an hour', () => {
    const day = ['2026-10-03T13:30:00Z', '2026-10-04T13:00:00Z'] as const;
    const found = steps('PT1H', 'Australia/Lord_Howe', ...day)!;
    expect(found).toHaveLength(24);
    const { start, end } = found.at(-1)!;
    expect(end! - start!).toBe(1_800_000_000n);
  });

  it('are no more than the most', () => {
    const day = ['2026-04-01T00:00:00Z', '2026-04-02T00:00:00Z'] as const;
    expect(steps('PT1H', 'UTC', ...day, 24)).toHaveLength(24);
    expect(steps('PT1H', 'UTC', ...day, 23)).toBeUndefined();
  });
});
