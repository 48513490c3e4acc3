import { ConfigError, EnvReader } from './config';
import { parseIsoDuration } from './iso-duration';

const faultsOf = (env: NodeJS.ProcessEnv, read: (reader: EnvReader) => void): readonly string[] => {
  const reader = new EnvReader(env);
  read(reader);
  try {
    reader.finish();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
};

describe('EnvReader', () => {
  it('reads what is right', () => {
    const reader = new EnvReader({
      HTTP_PORT: '0',
      PARTITIONS: ' 12 ',
      UNBUDGETED: 'deny',
      MAX_LAG: 'PT1M',
      CLOCK_OFFSET: '-P1DT2H',
      INSECURE_NO_AUTH: 'TRUE',
      DATABASE_URL: '',
    });
    expect(reader.port('HTTP_PORT', { default: 8080 })).toBe(0);
    expect(reader.integer('PARTITIONS', { min: 1, max: 1024 })).toBe(12);
    expect(reader.choice('UNBUDGETED', ['allow', 'deny'], { default: 'allow' })).toBe('deny');
    expect(reader.duration('MAX_LAG', { default: 'PT30S' })).toBe(60_000);
    expect(reader.duration('CLOCK_OFFSET', { default: 'PT0S', allowNegative: true })).toBe(
      -93_600_000,
    );
    expect(reader.flag('INSECURE_NO_AUTH')).toBe(true);
    expect(reader.optional('DATABASE_URL')).toBeUndefined();
    expect(reader.string('HOST', { default: '127.0.0.1', example: '0.0.0.0' })).toBe('127.0.0.1');
    reader.finish();
  });

  it('names every fault at once, each in a sentence with an example', () => {
    const faults = faultsOf(
      { HTTP_PORT: '65536', MAX_LAG: '-PT1S', UNBUDGETED: 'maybe', FLAG: 'x' },
      (reader) => {
        reader.port('HTTP_PORT', { default: 8080 });
        reader.duration('MAX_LAG', { default: 'PT30S' });
        reader.choice('UNBUDGETED', ['allow', 'deny'], { default: 'allow' });
        reader.flag('FLAG');
        reader.string('HOST', { example: '127.0.0.1' });
      },
    );
    expect(faults).toEqual([
      'HTTP_PORT is "65536", but must be a whole number from 0 to 65535, for example HTTP_PORT=8080.',
      'MAX_LAG is "-PT1S", but must be an ISO 8601 duration that is not negative, for example MAX_LAG=PT30S.',
      'UNBUDGETED is "maybe", but must be one of allow, deny, for example UNBUDGETED=allow.',
      'FLAG is "x", but must be true or false, for example FLAG=true.',
      'HOST is not set, but must be a text, for example HOST=127.0.0.1.',
    ]);
  });

  it.each(['1e3', '0x10', '1.5', '', '--1', '９'])('takes no %j for a whole number', (text) => {
    expect(faultsOf({ N: text }, (reader) => reader.integer('N', {}))).toHaveLength(1);
  });

  it('echoes no secret: by pattern, by name of the variable, or in an address', () => {
    const secrets = {
      A: `sk-${'x'.repeat(20)}`,
      API_KEY: 'hunter2',
      URL: 'postgres://user:hunter2@host/db',
    };
    const faults = faultsOf(secrets, (reader) => {
      for (const name of Object.keys(secrets)) reader.integer(name, { example: 1 });
    });
    expect(faults).toHaveLength(3);
    expect(faults.join()).not.toMatch(/sk-|hunter2/);
  });
});

describe('parseIsoDuration', () => {
  it.each([
    ['PT30S', 30_000],
    ['PT0.25S', 250],
    ['PT1,5M', 90_000],
    ['P1D', 86_400_000],
    ['P1DT1H1M1S', 90_061_000],
    ['-PT1H', -3_600_000],
    ['-PT0S', 0],
  ])('%s is %i ms', (text, ms) => {
    expect(parseIsoDuration(text)).toBe(ms);
  });

  it.each(['', 'P', 'PT', 'P1DT', '30s', 'P1M', 'P1Y', 'PT1.5H1M', 'PT1S1M', ' PT1S', 'PT-1S'])(
    'takes no %j',
    (text) => {
      expect(parseIsoDuration(text)).toBeUndefined();
    },
  );
});
