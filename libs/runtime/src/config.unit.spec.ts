import { redactSecrets } from '#libs/ledger';
import { ConfigError, CENTURY_MS, EnvReader } from './config';
import { parseIsoDuration, printIsoDuration } from './iso-duration';

const faultsOf = (env: NodeJS.ProcessEnv, read: (reader: EnvReader) => void): readonly string[] => {
  const reader = new EnvReader(env, redactSecrets);
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
    const reader = new EnvReader(
      {
        HTTP_PORT: '0',
        PARTITIONS: ' 12 ',
        UNBUDGETED: 'deny',
        MAX_LAG: 'PT1M',
        CLOCK_OFFSET: '-P1DT2H',
        INSECURE_NO_AUTH: 'TRUE',
        DATABASE_URL: '',
      },
      redactSecrets,
    );
    expect(reader.port('HTTP_PORT', { default: 8080 })).toBe(0);
    expect(reader.integer('PARTITIONS', { min: 1, max: 1024 })).toBe(12);
    expect(reader.choice('UNBUDGETED', ['allow', 'deny'], { default: 'allow' })).toBe('deny');
    expect(reader.duration('MAX_LAG', { default: 'PT30S' })).toBe(60_000);
    expect(reader.duration('CLOCK_OFFSET', { default: 'PT0S', minMs: -CENTURY_MS })).toBe(
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
      'MAX_LAG is "-PT1S", but must be an ISO 8601 duration from PT0S to P24D, for example MAX_LAG=PT30S.',
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

  it.each([
    ['P1W', 604_800_000],
    ['P1W1D', 691_200_000],
    ['P0.5W', 302_400_000],
    ['pt30s', 30_000],
    ['p1dt1h', 90_000_000],
    ['+PT1S', 1_000],
    ['P0Y0M1D', 86_400_000],
    ['P10000D', 864_000_000_000],
  ])('also in weeks, in small letters, with a plus: %s is %i ms', (text, ms) => {
    expect(parseIsoDuration(text)).toBe(ms);
    expect(parseIsoDuration(printIsoDuration(ms))).toBe(ms);
  });

  it.each([
    ...['', 'P', 'PT', 'P1DT', '30s', 'PT1.5H1M', 'PT1S1M', 'PT-1S', 'P1D1W', 'P1S'],
    ...['P99999999999999D', '1W', 'P1H'],
  ])('takes no %j', (text) => {
    expect(parseIsoDuration(text)).toBeUndefined();
    expect(faultsOf({ D: text || 'x' }, (reader) => reader.duration('D'))).toEqual([
      expect.stringContaining('but must be an ISO 8601 duration from PT0S to P24D, for example'),
    ]);
  });

  it.each([
    ['P1M', 'months'],
    ['P0.5M', 'months'],
    ['p1m', 'months'],
    ['P1Y', 'years'],
    ['P1Y2M', 'years'],
    ['P1M1D', 'months'],
    ['-P1M', 'months'],
    ['P1MT5M', 'months'],
  ])('%s is of no certain length, and a setting says so', (text, parts) => {
    expect(parseIsoDuration(text)).toBeUndefined();
    expect(faultsOf({ D: text }, (reader) => reader.duration('D', { default: 'P30D' }))).toEqual([
      `D is "${text}", which has ${parts} of no certain length: give days, for example D=P30D.`,
    ]);
  });

  it.each([
    [0, 'PT0S'],
    [250, 'PT0.25S'],
    [90_061_001, 'P1DT1H1M1.001S'],
    [-3_600_000, '-PT1H'],
    [60_000, 'PT1M'],
  ])('%i ms is printed as %s', (ms, text) => {
    expect(printIsoDuration(ms)).toBe(text);
  });
});

describe('a variable that nobody reads', () => {
  const hintsOf = (env: NodeJS.ProcessEnv): readonly string[] => {
    const reader = new EnvReader(env, redactSecrets);
    for (const name of ['MAX_LAG', 'DATABASE_URL', 'HOST', 'HTTP_PORT', 'DATA_DIR', 'LOG_LEVEL']) {
      reader.optional(name);
    }
    return reader.finish();
  };

  it.each([
    ['MAXLAG', 'MAX_LAG'],
    ['MAX_LAGS', 'MAX_LAG'],
    ['MX_LAG', 'MAX_LAG'],
    ['max_lag', 'MAX_LAG'],
    ['MAX-LAG', 'MAX_LAG'],
    ['AMX_LAG', 'MAX_LAG'],
    ['MAX_LOG', 'MAX_LAG'],
    ['DATABASEURL', 'DATABASE_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['HTTPPORT', 'HTTP_PORT'],
    ['DATADIR', 'DATA_DIR'],
    ['LOGLEVEL', 'LOG_LEVEL'],
  ])('%s is told to be nearly %s', (given, meant) => {
    expect(hintsOf({ [given]: 'x' })).toEqual([
      `${given} is set, but this process reads ${meant}: is that what is meant?`,
    ]);
  });

  it.each([
    ...[
      'PATH',
      'HOSTNAME',
      'HOSTS',
      'PORT',
      'LANG',
      'HOME',
      'NODE_ENV',
      'PWD',
      'TZ',
      'DEBUG',
      'LAG',
    ],
    ...[
      'KUBERNETES_PORT',
      'KUBERNETES_SERVICE_HOST',
      'npm_config_cache',
      'npm_package_name',
      'INIT_CWD',
    ],
    ...[
      'HTTP_PROXY',
      'HTTPS_PROXY',
      'NO_PROXY',
      'PGDATABASE',
      'PGHOST',
      'LOGNAME',
      'XDG_DATA_DIRS',
    ],
    ...[
      'JAVA_HOME',
      'POSTGRES_PORT',
      'DATABASE',
      'LC_ALL',
      'MAIL',
      'XDG_DATA_HOME',
      'COMPUTERNAME',
    ],
  ])('%s is nobody’s mistake', (given) => {
    expect(hintsOf({ [given]: 'x' })).toEqual([]);
  });

  it('is no matter while it is empty', () => {
    expect(hintsOf({ MAXLAG: ' ' })).toEqual([]);
  });

  it('is told with the faults, too', () => {
    const reader = new EnvReader({ DATABASEURL: 'x' }, redactSecrets);
    reader.string('DATABASE_URL', { example: 'postgres://…' });
    expect(() => reader.finish()).toThrow(/^DATABASE_URL is not set.*\.\nDATABASEURL is set, but/);
  });
});
