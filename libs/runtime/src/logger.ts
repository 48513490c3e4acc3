import { type LoggerService } from '@nestjs/common';
import { visibleLines } from '#libs/json';
import { isError } from './is-error';
import { type Redact } from './redact';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly now: () => Date;
  readonly redact: Redact;
  /** Where lines go; each ends with a newline. Faults go to stderr by default, the rest to stdout. */
  readonly write?: (line: string, level: LogLevel) => void;
}

/** One JSON object per line: `time`, `level`, `message`, then `context`, `stack` and fields if given. */
export function createLogger(options: LoggerOptions): Logger {
  return new Logger(options);
}

/** Nest's logger, and ours: `info('text', { fields })` or Nest's `log('text', 'Context')`. */
export class Logger implements LoggerService {
  private readonly threshold: number;
  private readonly write: (line: string, level: LogLevel) => void;

  constructor(private readonly options: LoggerOptions) {
    this.threshold = LOG_LEVELS.indexOf(options.level);
    this.write = options.write ?? writeToProcess;
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.entry('fatal', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.entry('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.entry('warn', message, rest);
  }
  info(message: unknown, ...rest: unknown[]): void {
    this.entry('info', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.entry('debug', message, rest);
  }
  log(message: unknown, ...rest: unknown[]): void {
    // Nest tells each route and module it maps; that is for whoever debugs the start.
    this.entry(NEST_CHATTER.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.entry('debug', message, rest);
  }

  private entry(level: LogLevel, message: unknown, rest: readonly unknown[]): void {
    if (LOG_LEVELS.indexOf(level) > this.threshold) return;
    const head = { time: this.options.now().toISOString(), level };
    this.write(`${this.stringify({ ...head, ...describe(message, rest), ...head })}\n`, level);
  }

  private stringify(entry: LogFields): string {
    const seen = new Set<unknown>();
    const line = JSON.stringify(entry, (_name, value: unknown) => {
      if (typeof value === 'string') return this.options.redact(value);
      if (typeof value === 'bigint') return value.toString();
      if (isError(value)) return { message: value.message, stack: value.stack };
      if (typeof value === 'object' && value !== null) {
        // Also drops a second mention that is no cycle; a log line can do without it.
        if (seen.has(value)) return undefined;
        seen.add(value);
      }
      return value;
    });
    // Logs are read on terminals, and quote what strangers sent.
    return visibleLines(line);
  }
}

const NEST_CHATTER: ReadonlySet<string> = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'NestMicroservice',
  'RouterExplorer',
  'RoutesResolver',
]);

function describe(message: unknown, rest: readonly unknown[]): LogFields {
  const strings = rest.filter((part) => typeof part === 'string');
  // Nest calls error(message, stack, context) and the others (message, context).
  const stack = strings.find((part) => part.includes('\n    at '));
  const context = strings.findLast((part) => part !== stack);
  const error = [message, ...rest].find(isError);
  const fields = rest.filter((part) => typeof part === 'object' && !isError(part));
  return Object.assign({}, ...fields, {
    message: isError(message) ? message.message : message,
    ...(context === undefined ? {} : { context }),
    ...(stack === undefined && error === undefined ? {} : { stack: stack ?? error?.stack }),
  }) as LogFields;
}

function writeToProcess(line: string, level: LogLevel): void {
  (level === 'fatal' || level === 'error' ? process.stderr : process.stdout).write(line);
}
