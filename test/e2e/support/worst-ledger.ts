import { createTestDatabase, LedgerProcess, spendEvent, type TestDatabase } from '#libs/testing';

/** As long as an id may be, and twice as long in JSON. */
const worstId = (name: string): string => `"${name}`.padEnd(256, '"');
export const WORST_SCOPE = {
  type: 'team',
  teamId: worstId('t'),
  userId: worstId('u'),
  keyId: worstId('k'),
};
/** Of these every byte is percent-encoded. */
const MEMBER = `member:${encodeURIComponent(WORST_SCOPE.teamId)}/${encodeURIComponent(WORST_SCOPE.userId)}`;
export const WORST_ACCOUNT = MEMBER.replaceAll('%22', '"');
export const EVENTS = 1000;
export const HOLDS = 1000;
export const BUDGETS = 250;
const AT_ONCE = 25;

/** A ledger whose lists are long, and in which whatever a caller chose is as long as it may be. */
export class WorstLedger {
  private constructor(
    private readonly db: TestDatabase,
    readonly process: LedgerProcess,
  ) {}

  static async start(): Promise<WorstLedger> {
    const db = await createTestDatabase();
    const process = await LedgerProcess.start({
      env: { DATABASE_URL: db.options.connectionString },
    });
    const ledger = new WorstLedger(db, process);
    await ledger.fill();
    return ledger;
  }

  async remove(): Promise<void> {
    await this.process.stop();
    await this.db.drop();
  }

  /** A spend with as much beside it as it may have. */
  event(n: number, data: object = {}): object {
    const note = { note: `"${n}`.padEnd(4_000, '"') };
    return spendEvent(
      WORST_SCOPE,
      '0.01',
      { id: `${n}`.padEnd(256, '"'), source: worstId('s') },
      { model: `${n}`.padEnd(256, '"'), requestId: worstId('r'), metadata: note, ...data },
    );
  }

  private async fill(): Promise<void> {
    const { http } = this.process;
    const events = Array.from({ length: EVENTS }, (_, n) => this.event(n));
    const batch = await http.post('/v1/events', events, 'application/cloudevents-batch+json');
    if (batch.status !== 200) throw new Error(JSON.stringify(batch.body).slice(0, 1000));
    await inParallel(BUDGETS, async (n) => {
      const id = `b${n}`.padEnd(128, '-');
      const more = { warnAt: Array.from({ length: 20 }, () => '0.000000000001') };
      const set = await http.setBudget(id, WORST_ACCOUNT, '1000.000000000001', more);
      if (set.status !== 201) throw new Error(JSON.stringify(set.body));
    });
    await inParallel(HOLDS, async () => {
      const held = await http.hold(WORST_SCOPE, '0', {
        ttlSeconds: 86_400,
        requestId: worstId('r'),
      });
      if (held.status !== 201) throw new Error(JSON.stringify(held.body));
    });
  }
}

async function inParallel(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
