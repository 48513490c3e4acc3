import { printIsoDuration, readIsoDuration } from './iso-duration';
import { nearName } from './near-name';
import { type Redact } from './redact';

/** What any part of a process can wait for: Node's timers end after 24.8 days. */
const MOST_OF_A_TIMER_MS = 24 * 86_400_000;
/** For what nobody waits for on a timer: 100 years. */
export const CENTURY_MS = 36_500 * 86_400_000;

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
  /** 24 days unless given; up to 100 years where it needs no timer. */
  readonly maxMs?: number;
  /** What stands for "never", which is 0. */
  readonly off?: RegExp;
}

/**
 * Reads a process's environment and collects every fault, so that one start names them all.
 * Until finish() has passed, what a faulty variable returned means nothing. Empty means unset.
 */
export class EnvReader {
  private readonly faults = new Set<string>();
  private readonly names = new Set<string>();

  /** @param redact takes secrets out of what is told of values */
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly redact: Redact,
  ) {}

  string(name: string, options: TextOptions): string {
    return this.parsed(name, { ...options, parse: (text) => text, expected: 'a text' });
  }

  optional(name: string): string | undefined {
    this.names.add(name);
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
    const { minMs = 0, maxMs = MOST_OF_A_TIMER_MS } = options;
    const example = options.example ?? options.default ?? 'PT30S';
    const given = this.optional(name);
    const read = given === undefined ? undefined : readIsoDuration(given);
    if (read !== undefined && 'varies' in read) {
      const fault = `is ${this.show(name, given!)}, which has ${read.varies} of no certain length: give days`;
      this.fault(name, fault, example);
      return 0;
    }
    return this.parsed(name, {
      parse: (text) => {
        if (options.off?.test(text) === true) return 0;
        const duration = readIsoDuration(text);
        return duration && 'ms' in duration ? between(duration.ms, minMs, maxMs) : undefined;
      },
      ...(options.default === undefined ? {} : { default: options.default }),
      expected: `an ISO 8601 duration from ${printIsoDuration(minMs)} to ${printIsoDuration(maxMs)}${options.off ? ', or off' : ''}`,
      example,
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
    // A variable of two parts is read twice.
    this.faults.add(this.redact(`${name} ${fault}, for example ${name}=${example}.`));
  }

  /**
   * @returns a sentence for each variable that is set, is none of those that were read, and has nearly the name of one
   * @throws ConfigError if any variable was at fault; its sentences come first
   */
  finish(): readonly string[] {
    const hints = this.hints();
    if (this.faults.size > 0) throw new ConfigError([...this.faults, ...hints]);
    return hints;
  }

  private hints(): string[] {
    const ours = [...this.names];
    return Object.keys(this.env).flatMap((name) => {
      if (this.names.has(name) || !this.env[name]?.trim()) return [];
      const meant = nearName(name, ours);
      return meant === undefined
        ? []
        : [this.redact(`${name} is set, but this process reads ${meant}: is that what is meant?`)];
    });
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

/** No `@`: an address may carry a password. Nothing long: it may be a secret of a form that nobody knows. */
const PLAIN_VALUE = /^[\w .,:;+/-]{1,20}$/;
const SECRET_NAME = /SECRET|PASSWORD|TOKEN|KEY|CREDENTIAL/i;

function between(value: number | undefined, min: number, max: number): number | undefined {
  return value === undefined || value < min || value > max ? undefined : value;
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}
