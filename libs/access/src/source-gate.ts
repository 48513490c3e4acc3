import type { AccessGate } from './access-gate';
import { ANYBODY, type Caller } from './caller';
import type { KnownCredentials } from './known-credentials';

/** Says of what is reported over Kafka, where the broker knows the callers, what its source may report. */
export class SourceGate {
  constructor(
    private readonly credentials: Pick<KnownCredentials, 'ofSource' | 'refreshed'>,
    private readonly gate: Pick<AccessGate, 'isOpen'>,
  ) {}

  /**
   * @returns `undefined`: it may report nothing
   * @throws Error when that cannot be told now
   */
  async callerOf(source: string): Promise<Caller | undefined> {
    if (this.gate.isOpen) return ANYBODY;
    const known = this.credentials.ofSource(source);
    if (known) return known;
    if (!(await this.credentials.refreshed())) throw new Error('it is not known who may report');
    return this.credentials.ofSource(source);
  }
}
