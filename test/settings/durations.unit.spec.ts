import { outcomeOf, VARIABLES } from './support/processes';

const DAY_MS = 86_400_000;
/** Those that nobody waits for on one of Node's timers, or that rest as long as is said; they take up to 100 years. */
const LONG = new Set([
  'CLOCK_OFFSET',
  'DECISION_RETENTION',
  'HOLD_RETENTION',
  'VERIFY_EVERY',
  'WARNING_WEBHOOK_GIVE_UP_AFTER',
]);
/** Which settings are read only with these. */
const WITH = {
  WARNING_WEBHOOK_URL: 'https://hooks.example.com/spend',
  WARNING_WEBHOOK_SECRET: 'whsec_c2lnbnMgdGhlIHdhcm5pbmdzIG9mIGEgbGVkZ2Vy',
  TLS_CERT_FILE: '/tls.crt',
  TLS_KEY_FILE: '/tls.key',
};

/** A duration is what refuses a month as one. */
const DURATIONS = VARIABLES.filter(([process, name]) => {
  const outcome = outcomeOf(process, { ...WITH, [name]: 'P1M' });
  return 'faults' in outcome && outcome.faults.join().includes('months of no certain length');
});

const holds = (config: unknown, ms: number): boolean =>
  config === ms ||
  (typeof config === 'object' &&
    config !== null &&
    Object.values(config).some((value) => holds(value, ms)));

it('there are settings to look at, all of the long ones among them', () => {
  expect(DURATIONS.length).toBeGreaterThan(60);
  const names = new Set(DURATIONS.map(([, name]) => name));
  for (const name of [...LONG, 'CHECK_TIMEOUT', 'DRAIN_TIMEOUT', 'DRAIN_DELAY', 'MAX_LAG']) {
    expect(names).toContain(name);
  }
});

describe.each(DURATIONS)('%s: %s', (process, name) => {
  it.each([1, 24, 25, 30, 400, 10_000, 36_500])('of %i days is as said, or refused', (days) => {
    const outcome = outcomeOf(process, { ...WITH, [name]: `P${days}D` });
    if ('config' in outcome) {
      expect(holds(outcome.config, days * DAY_MS)).toBe(true);
      // More than Node's timers can do.
      if (days > 24) expect(LONG).toContain(name);
    } else {
      expect(outcome.faults).toEqual([
        expect.stringMatching(
          new RegExp(
            `^${name} is "P${days}D", but must be an ISO 8601 duration from \\S+ to P?\\S+, (?:or off, )?for example ${name}=\\S+\\.$`,
          ),
        ),
      ]);
      expect(LONG.has(name) && days >= 30 && days <= 36_500).toBe(false);
    }
  });

  it('is refused with its most', () => {
    const outcome = outcomeOf(process, { ...WITH, [name]: 'P40000D' });
    if (!('faults' in outcome)) throw new Error('it takes more than a century');
    const most = / to (-?P\S+), /.exec(outcome.faults[0] ?? '')?.[1] ?? '';
    expect(LONG.has(name)).toBe(most === 'P36500D');
    expect('config' in outcomeOf(process, { ...WITH, [name]: most })).toBe(true);
  });
});
