import { type EventEmitter } from 'node:events';
import { type FieldFault } from '#libs/json';
import { isError } from './is-error';
import { type Logger } from './logger';
import { type Metrics } from './metrics';
import { StartRefused } from './start-refused';
import { readYamlFile, type YamlLimits } from './yaml-file';

export interface ReloadedFileOptions<T> extends YamlLimits {
  /** The variable that names the file, such as `PRICES_FILE`. */
  readonly variable: string;
  readonly path: string;
  readonly parse: (document: unknown) => FileReading<T>;
  /** Asked before what was read is in force; @returns why it may not be, which continues the file's name */
  readonly accept?: (value: T) => Promise<string | undefined>;
  /** Where signals come from; the process by default. */
  readonly source?: EventEmitter;
}

/** A fault's message continues its field: `must be a string`. */
export type FileReading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly FieldFault[] };

export interface ReloadedFileTools {
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly metrics: Metrics;
}

type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly sentence: string };

/**
 * A file of YAML that an operator writes: read at the start, and again at each SIGHUP. One that is wrong stops the
 * start; later the one that was read before stays in force, and a line of the log says why.
 */
export class ReloadedFile<T> {
  private reloading: Promise<void> = Promise.resolve();
  private isWaiting = false;
  private isInForce = true;

  private constructor(
    private readonly options: ReloadedFileOptions<T>,
    private readonly tools: ReloadedFileTools,
    private value: T,
  ) {
    const name = `${options.variable.toLowerCase()}_in_force`;
    tools.metrics.gauge(name, 'Whether the file as it was read last is in force', [], (gauge) =>
      gauge.set(this.isInForce ? 1 : 0),
    );
  }

  /** @throws StartRefused with a sentence that names the file and the first member at fault */
  static async read<T>(
    options: ReloadedFileOptions<T>,
    tools: ReloadedFileTools,
  ): Promise<ReloadedFile<T>> {
    const outcome = await readOnce(options);
    if (!outcome.ok) throw new StartRefused(outcome.sentence);
    return new ReloadedFile(options, tools, outcome.value);
  }

  get current(): T {
    return this.value;
  }

  start(): void {
    this.source.on('SIGHUP', this.onHangUp);
  }

  /** Resolves after the reading under way. */
  async stop(): Promise<void> {
    this.source.off('SIGHUP', this.onHangUp);
    await this.reloading;
  }

  private get source(): EventEmitter {
    return this.options.source ?? process;
  }

  private readonly onHangUp = (): void => {
    // One reading after the one under way sees whatever was written until now.
    if (this.isWaiting) return;
    this.isWaiting = true;
    this.reloading = this.reloading.then(() => {
      this.isWaiting = false;
      return this.reload();
    });
  };

  private async reload(): Promise<void> {
    const { options, tools } = this;
    const outcome = await readOnce(options).catch((error: unknown) => ({
      ok: false as const,
      sentence: `${options.variable} could not be taken: ${isError(error) ? error.message : String(error)}.`,
    }));
    this.isInForce = outcome.ok;
    if (!outcome.ok) {
      tools.logger.warn(`${outcome.sentence} The content that was read before stays in force.`);
      return;
    }
    this.value = outcome.value;
    tools.logger.info(`${options.variable} was read again and is in force.`);
  }
}

async function readOnce<T>(options: ReloadedFileOptions<T>): Promise<Outcome<T>> {
  const { variable, path, parse, accept } = options;
  const refused = (why: string) => ({
    ok: false as const,
    sentence: `${variable} is "${path}", ${why}.`,
  });
  const tree = await readYamlFile(path, options);
  const read = tree.ok ? parse(tree.document) : tree;
  if (!read.ok) return refused(faultsIn(read.errors));
  const why = await accept?.(read.value);
  return why === undefined ? read : refused(why);
}

/** One sentence, however many faults there are: the first by its place, and how many more. */
function faultsIn(errors: readonly FieldFault[]): string {
  const [first] = errors as readonly [FieldFault, ...FieldFault[]];
  const faults = errors.reduce((sum, { more = 0 }) => sum + 1 + more, 0);
  const subject = first.field === '' ? 'which' : `in which ${first.field}`;
  const more = faults === 1 ? '' : ` (and ${faults - 1} more)`;
  return `${subject} ${first.message}${more}`;
}
