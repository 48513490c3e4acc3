/** The newest positions of a session's own writes. */
export class Positions {
  private readonly offsets = new Map<string, bigint>();

  note(position: string | undefined): void {
    for (const entry of position?.split(',') ?? []) {
      const [, partition, offset] = /^(\d+):(\d+)$/.exec(entry) ?? [];
      if (partition === undefined || offset === undefined) continue;
      if ((this.offsets.get(partition) ?? -1n) < BigInt(offset)) {
        this.offsets.set(partition, BigInt(offset));
      }
    }
  }

  /** As `minPosition` has them. */
  get newest(): string | undefined {
    const entries = [...this.offsets].map(([partition, offset]) => `${partition}:${offset}`);
    return entries.length === 0 ? undefined : entries.join(',');
  }
}
