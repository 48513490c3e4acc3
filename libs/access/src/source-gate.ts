import type { AccessGate } from './access-gate';
import { ANYBODY, type Caller } from './caller';
import type { KnownCredentials } from './known-credentials';

/** Most sources that are remembered as unknown. */
const MOST_STRANGERS = 10_000;

/** Says of what is reported over Kafka, where the broker knows the callers, what its source may report. */
export class SourceGate {
  /** Not known as of a revision: they are not waited for again until that moves. */
  private readonly strangers = new Set<string>();
  private asOf = -1n;

  constructor(
    private readonly credentials: Pick<KnownCredentials, 'ofSource' | 'refreshed' | 'revision'>,
    private readonly gate: Pick<AccessGate, 'isOpen'>,
  ) {}

  /**
   * @returns `undefined`: it may report nothing
   * @throws Error when that cannot be told now
   */
  async callerOf(source: string): Promise<Caller | undefined> {
    if (this.gate.isOpen) return ANYBODY;
    const known = this.credentials.ofSource(source);
    if (known || this.isStranger(source)) return known;
    if (!(await this.credentials.refreshed())) throw new Error('it is not known who may report');
    const found = this.credentials.ofSource(source);
    if (!found && this.strangers.size < MOST_STRANGERS) this.strangers.add(source);
    return found;
  }

  private isStranger(source: string): boolean {
    const { revision } = this.credentials;
    if (revision !== this.asOf) this.strangers.clear();
    this.asOf = revision;
    return this.strangers.has(source);
  }
}
