import { formatMoney, parsePosition, picoOfDecimal } from '#libs/ledger';
import type { HttpLedger } from '#libs/testing';

/** Calls of one kind: their scope, when they were, and which budgets they count in. */
export interface Calls {
  readonly scope: object;
  readonly time: string;
  readonly budgets: readonly string[];
}

interface Recorded {
  readonly partition: number;
  readonly nextOffset: bigint;
  readonly amountPico: bigint;
  readonly budgets: readonly string[];
}

/** Goes on recording until `end` is called, and knows what it has recorded and where. */
export class SteadyLoad {
  private readonly recorded: Recorded[] = [];
  private readonly recorders: Promise<void>[];
  private hasEnded = false;
  private count = 0;

  /** @param before what each budget had before */
  constructor(
    private readonly ingest: HttpLedger,
    private readonly calls: readonly Calls[],
    private readonly before: Readonly<Record<string, string>>,
    recorders = 2,
  ) {
    this.recorders = Array.from({ length: recorders }, () => this.recordOn());
  }

  async end(): Promise<void> {
    this.hasEnded = true;
    await Promise.all(this.recorders);
  }

  get size(): number {
    return this.recorded.length;
  }

  /** What budgets must show at a position: the sum of what counts in them and lies before it. */
  spentAt(positionText: string): ReadonlyMap<string, string> {
    const position = parsePosition(positionText, 'position');
    if (!position.ok) throw new Error(`not a position: ${positionText}`);
    const sums = new Map(Object.entries(this.before).map(([id, sum]) => [id, picoOfDecimal(sum)]));
    for (const { partition, nextOffset, amountPico, budgets } of this.recorded) {
      if (nextOffset > (position.value.get(partition) ?? 0n)) continue;
      for (const id of budgets) sums.set(id, sums.get(id)! + amountPico);
    }
    return new Map([...sums].map(([id, pico]) => [id, formatMoney(pico)]));
  }

  private async recordOn(): Promise<void> {
    while (!this.hasEnded) {
      const n = this.count++;
      const { scope, time, budgets } = this.calls[n % this.calls.length]!;
      const amountPico = BigInt(n) * 7n + 1n;
      const { status, body } = await this.ingest.record(scope, formatMoney(amountPico), { time });
      if (status !== 201) throw new Error(`${status} for a good event: ${JSON.stringify(body)}`);
      const [partition, nextOffset] = (body.position as string).split(':');
      this.recorded.push({
        partition: Number(partition),
        nextOffset: BigInt(nextOffset!),
        amountPico,
        budgets,
      });
    }
  }
}
