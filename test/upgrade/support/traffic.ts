import {
  recordUntilAcknowledged,
  waitUntil,
  type Answer,
  type HttpLedger,
  type Spend,
} from '#libs/testing';

const AT_ONCE = 8;

/** What callers send while the version changes, who know nothing of that. */
export class Traffic {
  readonly recorded: Spend[] = [];
  readonly answers: Answer[] = [];
  private readonly callers: Promise<void>[];
  private isStopping = false;
  private sent = 0;

  constructor(
    private readonly doors: { readonly ingest: HttpLedger; readonly auths: readonly HttpLedger[] },
    /** They are sent again and again, each time as another event. */
    private readonly spends: readonly Spend[],
    private readonly limitMs: number,
  ) {
    this.callers = Array.from({ length: AT_ONCE }, (_, n) => this.call(n));
  }

  /** @throws what one of them was answered, if that is neither right nor *unknown* */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.callers);
  }

  /** Waits until so many more are recorded. */
  async more(count: number): Promise<void> {
    const least = this.recorded.length + count;
    const recorded = waitUntil(
      `${count} more are recorded`,
      () => this.recorded.length >= least,
      this.limitMs,
    );
    await Promise.race([recorded, Promise.all(this.callers)]);
  }

  /** Records, checks, holds and gives back. */
  private async call(n: number): Promise<void> {
    const { ingest, auths } = this.doors;
    const auth = auths[n % auths.length]!;
    while (!this.isStopping) {
      const spend = this.next();
      this.answers.push(await recordUntilAcknowledged(spend, () => ingest));
      this.recorded.push(spend);
      const { scope } = spend.data;
      await answered(() => auth.check(scope));
      const { body } = await answered(() => auth.hold(scope, '1.00'), 201);
      await answered(() => auth.release(body.holdId));
    }
  }

  private next(): Spend {
    const n = this.sent++;
    return { ...this.spends[n % this.spends.length]!, id: `more-${n}` };
  }
}

/** 503 says *try again*. */
export async function answered(ask: () => Promise<Answer>, expected = 200): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status === expected) return answer;
    if (answer.status !== 503) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
  }
}
