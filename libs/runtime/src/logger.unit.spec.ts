import { createLogger, type LogLevel } from './logger';
import { redactSecrets } from '#libs/ledger';

function logged(level: LogLevel, use: (logger: ReturnType<typeof createLogger>) => void) {
  const entries: Record<string, unknown>[] = [];
  const logger = createLogger({
    level,
    now: () => new Date('2026-04-27T10:00:00Z'),
    redact: redactSecrets,
    write: (line, at) => {
      expect(line.endsWith('\n')).toBe(true);
      const entry = JSON.parse(line) as Record<string, unknown>;
      expect(entry['level']).toBe(at);
      entries.push(entry);
    },
  });
  use(logger);
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
});
