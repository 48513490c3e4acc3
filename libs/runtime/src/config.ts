import { parseIsoDuration } from './iso-duration';
import { type Redact, redactSecrets } from './redact';

/** The environment is wrong. The message has one sentence per fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
  }
}

interface TextOptions {
  /** Without one the variable is required. */
  readonly default?: string;
  readonly example: string;
}
interface NumberOptions {
  readonly default?: number;
  readonly min?: number;
  readonly max?: number;
  readonly example?: number;
}
interface DurationOptions {
  /** ISO 8601, such as PT30S. */
  readonly default?: string;
  readonly example?: string;
  readonly minMs?: number;
  readonly maxMs?: number;
  readonly allowNegative?: boolean;
}

/**
 * Reads a process's environment and collects every fault, so that one start names them all.
 * Until finish() has passed, what a faulty variable returned means nothing. Empty means unset.
 */
export class EnvReader {
  private readonly faults: string[] = [];

  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly redact: Redact = redactSecrets,
  ) {}

  string(name: string, options: TextOptions): string {
    return this.parsed(name, { ...options, parse: (text) => text, expected: 'a text' });
  }

  optional(name: string): string | undefined {
    const text = this.env[name]?.trim();
    return text === '' ? undefined : text;
  }

  /** 0 asks for any free port. */
  port(name: string, options: { readonly default?: number; readonly example?: number }): number {
    return this.integer(name, { min: 0, max: 65_535, example: 8080, ...options });
  }

  integer(name: string, options: NumberOptions): number {
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
    const fallback = options.default;
    return this.parsed(name, {
      parse: (text) => (/^-?\d+$/.test(text) ? between(Number(text), min, max) : undefined),
      ...(fallback === undefined ? {} : { default: String(fallback) }),
      expected: `a whole number${rangeText(options.min, options.max)}`,
      example: String(options.example ?? fallback ?? Math.max(min, 1)),
    });
  }

  choice<const T extends string>(
    name: string,
    choices: readonly T[],
    options: { readonly default?: NoInfer<T>; readonly example?: NoInfer<T> } = {},
  ): T {
    return this.parsed<T>(name, {
      parse: (text) => choices.find((choice) => choice === text),
      ...(options.default === undefined ? {} : { default: options.default }),
      expected: `one of ${choices.join(', ')}`,
      example: options.example ?? options.default ?? choices[0] ?? '',
    });
  }

  /** @returns milliseconds */
  duration(name: string, options: DurationOptions = {}): number {
    const min = options.minMs ?? (options.allowNegative === true ? -Infinity : 0);
    return this.parsed(name, {
      parse: (text) => between(parseIsoDuration(text), min, options.maxMs ?? Infinity),
      ...(options.default === undefined ? {} : { default: options.default }),
      expected: `an ISO 8601 duration${durationRangeText(options)}`,
      example: options.example ?? options.default ?? 'PT30S',
    });
  }

  flag(name: string, options: { readonly default?: boolean } = {}): boolean {
    return this.parsed(name, {
      parse: (given) => FLAG_WORDS.get(given.toLowerCase()),
      default: String(options.default ?? false),
      expected: 'true or false',
      example: 'true',
    });
  }

  /** Any other shape: `parse` returns undefined for a text that is not `expected`. */
  parsed<T>(
    name: string,
    options: TextOptions & {
      readonly parse: (text: string) => T | undefined;
      readonly expected: string;
    },
  ): T {
    const given = this.optional(name) ?? options.default;
    const value = given === undefined ? undefined : options.parse(given);
    if (value !== undefined) return value;
    const problem = given === undefined ? 'is not set' : `is ${this.show(name, given)}`;
    this.fault(name, `${problem}, but must be ${options.expected}`, options.example);
    return undefined as T;
  }

  /** For rules between variables; `fault` continues the sentence that begins with the name. */
  fault(name: string, fault: string, example: string): void {
    const sentence = `${name} ${fault}, for example ${name}=${example}.`;
    // Two parts of one process may read the same variable.
    if (!this.faults.includes(sentence)) this.faults.push(sentence);
  }

  /** @throws ConfigError if any variable was at fault */
  finish(): void {
    if (this.faults.length > 0) throw new ConfigError(this.faults);
  }

  private show(name: string, value: string): string {
    const plain =
      PLAIN_VALUE.test(value) && !SECRET_NAME.test(name) && this.redact(value) === value;
    return plain ? `"${value}"` : 'set to something else (not shown)';
  }
}

const FLAG_WORDS = new Map<string, boolean>([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

/** No `@`: an address may carry a password. */
const PLAIN_VALUE = /^[\w .,:;+/-]{1,64}$/;
const SECRET_NAME = /SECRET|PASSWORD|TOKEN|KEY|CREDENTIAL/i;

function between(value: number | undefined, min: number, max: number): number | undefined {
  return value === undefined || value < min || value > max ? undefined : value;
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}

function durationRangeText({ minMs, maxMs, allowNegative }: DurationOptions): string {
  const unsigned = allowNegative === true || minMs !== undefined ? '' : ' that is not negative';
  const range = rangeText(minMs, maxMs);
  return range === '' ? unsigned : `${range} milliseconds`;
}
