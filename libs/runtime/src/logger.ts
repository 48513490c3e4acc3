import { type LoggerService } from '@nestjs/common';
import { visibleLines } from '#libs/json';
import { dependencyRefusal } from './dependency-failure';
import { isError } from './is-error';
import { isRetryable, Problem } from './problem';
import { type Redact } from './redact';
import { RepeatedCauses, type RepeatLimits } from './repeated-causes';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly now: () => Date;
  readonly redact: Redact;
  /** Where lines go; each ends with a newline. Faults go to stderr by default, the rest to stdout. */
  readonly write?: (line: string, level: LogLevel) => void;
  readonly repeats?: RepeatLimits;
}

const REPEATS: RepeatLimits = {
  everyMs: 10_000,
  maxCauses: 100,
  later: (run, ms) => setTimeout(run, ms).unref(),
};

/**
 * One JSON object per line: `time`, `level`, `message`, then `context`, `stack` and fields if given. An error that
 * comes again is counted, and told every 10 s; one of Postgres or another dependency has a `reason` in place of a stack.
 */
export function createLogger(options: LoggerOptions): Logger {
  return new Logger(options);
}

/** Nest's logger, and ours: `info('text', { fields })` or Nest's `log('text', 'Context')`. */
export class Logger implements LoggerService {
  private readonly threshold: number;
  private readonly write: (line: string, level: LogLevel) => void;
  private readonly repeated: RepeatedCauses;
  private readonly repeatMs: number;

  constructor(private readonly options: LoggerOptions) {
    this.threshold = LOG_LEVELS.indexOf(options.level);
    this.write = options.write ?? writeToProcess;
    const { repeats = REPEATS } = options;
    this.repeated = new RepeatedCauses(repeats);
    this.repeatMs = repeats.everyMs;
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
    // Nest logs each route and module it maps; that helps only when the start is debugged.
    this.entry(NEST_CHATTER.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.entry('debug', message, rest);
  }

  private entry(level: LogLevel, message: unknown, rest: readonly unknown[]): void {
    if (LOG_LEVELS.indexOf(level) > this.threshold) return;
    const error = [message, ...rest].find(isError);
    if (error === undefined || level === 'fatal') return this.line(level, describe(message, rest));
    const reason = reasonOf(error);
    const { stack, ...entry } = describe(message, rest);
    const doing = typeof entry['context'] === 'string' ? entry['context'] : '';
    const tell = (repetitions: object): void =>
      this.line(level, { ...entry, ...(reason !== undefined && { reason }), ...repetitions });
    const isFirst = this.repeated.isFirst(causeOf(error, reason, doing), doing, (more) =>
      tell({
        message: `${String(entry['message'])} … happened ${more.times} times more in the last ${this.repeatMs / 1000} s`,
        ...more,
      }),
    );
    if (isFirst) tell(reason === undefined ? { stack } : {});
  }

  private line(level: LogLevel, entry: LogFields): void {
    const head = { time: this.options.now().toISOString(), level };
    this.write(`${this.stringify({ ...head, ...entry, ...head })}\n`, level);
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

/** Why it is no bug: something refuses, or we do until it is back. */
function reasonOf(error: Error): string | undefined {
  if (error instanceof Problem && isRetryable(error.code)) return error.detail;
  return dependencyRefusal(error)?.reason;
}

/** What a dependency refuses is one cause wherever it is met; anything else is one for each part that met it. */
function causeOf(error: Error, reason: string | undefined, doing: string): string {
  if (reason !== undefined) return `${reason} ${error.name}`;
  return `${doing} ${error.name} ${error.message.slice(0, 200).replace(/\d+/g, '#')}`;
}

function describe(message: unknown, rest: readonly unknown[]): LogFields {
  const strings = rest.filter((part) => typeof part === 'string');
  // Nest calls error(message, stack, context) and the others (message, context).
  const stack = strings.find((part) => part.includes('\n    at '));
  const context = strings.findLast((part) => part !== stack);
  const error = [message, ...rest].find(isError);
  const fields = rest.filter((part) => typeof part === 'object' && !isError(part));
  return Object.assign({}, ...fields, {
    message: isError(message) ? messageOf(message) : message,
    ...(context === undefined ? {} : { context }),
    ...(stack === undefined && error === undefined ? {} : { stack: stack ?? error?.stack }),
  }) as LogFields;
}

/** Of several addresses that were tried in vain Node makes one error, without a message. */
function messageOf(error: Error): string {
  const [first] = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [];
  return error.message === '' && isError(first) ? first.message : error.message;
}

function writeToProcess(line: string, level: LogLevel): void {
  (level === 'fatal' || level === 'error' ? process.stderr : process.stdout).write(line);
}
