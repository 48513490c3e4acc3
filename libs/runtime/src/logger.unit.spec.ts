import { createLogger, type LogLevel } from './logger';
import { redactSecrets } from '#libs/ledger';

/** Time that passes when the test says so. */
function handClock() {
  const due: { at: number; run: () => void }[] = [];
  let now = 0;
  const pass = (ms: number) => {
    now += ms;
    for (const { run } of due.splice(0, due.filter(({ at }) => at <= now).length)) run();
  };
  return { later: (run: () => void, ms: number) => void due.push({ at: now + ms, run }), pass };
}

const gone = (message = 'connect ECONNREFUSED') =>
  Object.assign(new Error(message), { code: 'ECONNREFUSED' });

function logged(
  level: LogLevel,
  use: (logger: ReturnType<typeof createLogger>, pass: (ms: number) => void) => void,
) {
  const entries: Record<string, unknown>[] = [];
  const { later, pass } = handClock();
  const logger = createLogger({
    level,
    now: () => new Date('2026-04-27T10:00:00Z'),
    redact: redactSecrets,
    repeats: { everyMs: 10_000, maxCauses: 3, later },
    write: (line, at) => {
      expect(line.endsWith('\n')).toBe(true);
      const entry = JSON.parse(line) as Record<string, unknown>;
      expect(entry['level']).toBe(at);
      entries.push(entry);
    },
  });
  use(logger, pass);
  return entries;
}

describe('the logger', () => {
  it('writes what is at least as grave as its level', () => {
    const levels = logged('warn', (logger) => {
      for (const level of ['fatal', 'error', 'warn', 'info', 'debug'] as const) logger[level]('x');
      logger.log('x');
      logger.verbose('x');
    }).map(({ level }) => level);
    expect(levels).toEqual(['fatal', 'error', 'warn']);
  });

  it('takes calls as Nest makes them', () => {
    const error = new Error('boom');
    const entries = logged('debug', (logger) => {
      logger.log('Mapped', 'RouterExplorer');
      logger.log('Ready', 'Somewhere');
      logger.error('boom', error.stack, 'Somewhere');
      logger.error(error, 'Somewhere');
    });
    expect(entries).toEqual([
      {
        time: '2026-04-27T10:00:00.000Z',
        level: 'debug',
        message: 'Mapped',
        context: 'RouterExplorer',
      },
      { time: '2026-04-27T10:00:00.000Z', level: 'info', message: 'Ready', context: 'Somewhere' },
      expect.objectContaining({ message: 'boom', stack: error.stack, context: 'Somewhere' }),
      expect.objectContaining({ message: 'boom', stack: error.stack, context: 'Somewhere' }),
    ]);
  });

  it('takes fields, which cannot forge its own, and survives what JSON cannot say', () => {
    const loop: Record<string, unknown> = { big: 7n };
    loop['self'] = loop;
    const [entry] = logged('info', (logger) => logger.info('hi', { level: 'x', time: 'x', loop }));
    expect(entry).toMatchObject({ level: 'info', message: 'hi', loop: { big: '7' } });
    expect(entry?.['time']).toBe('2026-04-27T10:00:00.000Z');
  });

  it('writes no secret, wherever it stands', () => {
    const secret = `sk-${'a'.repeat(20)}`;
    const entries = logged('info', (logger) =>
      logger.info(`key ${secret}`, { deep: [{ secret }] }, secret),
    );
    expect(JSON.stringify(entries)).not.toContain(secret);
    expect(entries[0]?.['message']).toBe('key (secret)');
  });

  it('tells a cause once, and then how often it came, by what was being done', () => {
    const entries = logged('info', (logger, pass) => {
      for (let n = 0; n < 313; n++) logger.error(gone(`port ${n}`), n % 3 === 0 ? 'a' : 'b');
      pass(10_000);
      logger.error(gone(), 'c');
      pass(10_000);
      pass(10_000);
      logger.error(gone('new'), 'a');
    });
    const reason = 'there is no connection to something that the ledger needs';
    expect(entries).toMatchObject([
      { message: 'port 0', context: 'a', reason },
      {
        message: 'port 0 … happened 312 times more in the last 10 s',
        reason,
        times: 312,
        doing: { a: 104, b: 208 },
      },
      { message: 'port 0 … happened 1 times more in the last 10 s', doing: { c: 1 } },
      { message: 'new', context: 'a' },
    ]);
    for (const entry of entries) expect(entry).not.toHaveProperty('stack');
  });

  it('keeps bugs apart by what they are and where, each with one stack', () => {
    const entries = logged('info', (logger, pass) => {
      for (let n = 0; n < 5; n++) {
        logger.error(new Error(`row ${n} is odd`), 'a');
        logger.error(new TypeError('boom'), 'a');
        logger.warn(new TypeError('boom'), 'b');
      }
      pass(10_000);
    });
    expect(entries).toMatchObject([
      { message: 'row 0 is odd', stack: expect.any(String) },
      { message: 'boom', context: 'a', stack: expect.any(String) },
      { message: 'boom', context: 'b', level: 'warn', stack: expect.any(String) },
      { times: 4 },
      { times: 4 },
      { times: 4, level: 'warn' },
    ]);
  });

  it('remembers so many causes and no more, and loses no count of those it forgets', () => {
    const entries = logged('info', (logger, pass) => {
      for (let n = 0; n < 2; n++) {
        for (const name of ['a', 'b', 'c', 'd']) {
          logger.error(new Error(name));
          logger.error(new Error(name));
        }
      }
      pass(10_000);
    });
    const lines = entries.map(({ message }) => String(message));
    expect(lines.filter((line) => line.length === 1)).toHaveLength(8);
    expect(entries.reduce((sum, { times }) => sum + Number(times ?? 1), 0)).toBe(16);
  });

  it('counts neither sentences nor what ends the process', () => {
    const entries = logged('info', (logger) => {
      for (let n = 0; n < 3; n++) {
        logger.warn('the same');
        logger.fatal(new Error('the end'));
      }
    });
    expect(entries).toHaveLength(6);
  });

  it('says of several addresses tried in vain what the first one said', () => {
    const [entry] = logged('info', (logger) => logger.error(new AggregateError([gone('first')])));
    expect(entry).toMatchObject({ message: 'first' });
  });
});
