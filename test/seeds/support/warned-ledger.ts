import {
  createTestDatabase,
  LedgerProcess,
  logEnvironment,
  waitUntil,
  WebhookReceiver,
  type HttpLedger,
  type LogEnvironment,
  type TestDatabase,
} from '#libs/testing';
import { CheckDoors } from './check-doors';

const APPS = { ingest: 'ingest', projector: 'projector', auth: 'auth', other: 'auth' } as const;
type Role = keyof typeof APPS;
const ROLES = Object.keys(APPS) as Role[];
const SECRET = 'whsec_c2lnbnMgdGhlIHdhcm5pbmdzIG9mIGEgbGVkZ2Vy';

/** A warning: its share, the limit, and the start of the window. */
export type Warned = readonly [share: string, limit: string, windowStart: string];

/** Ingest, projector and two auths over Kafka and Postgres, and an operator's receiver of warnings beside them. */
export class WarnedLedger {
  /** Of both auths, once they have started. */
  doors = new CheckDoors([]);
  private readonly running = new Map<Role, LedgerProcess>();
  private clockOffset = '';

  private constructor(
    readonly receiver: WebhookReceiver,
    private readonly db: TestDatabase,
    private readonly log: LogEnvironment,
  ) {}

  /** Starts nothing yet but what is outside of the ledger. */
  static async prepare(): Promise<WarnedLedger> {
    const log = logEnvironment('Kafka');
    const db = await createTestDatabase({ ledger: false });
    return new WarnedLedger(await WebhookReceiver.start(SECRET), db, log);
  }

  /** Starts all processes, with clocks that show an instant, or so many milliseconds later or earlier. */
  async startAt(instant: string, laterMs: number): Promise<void> {
    const offsetMs = Date.parse(instant) + laterMs - Date.now();
    this.clockOffset = `${offsetMs < 0 ? '-' : ''}PT${Math.abs(offsetMs) / 1000}S`;
    await Promise.all(ROLES.map((role) => this.start(role)));
    this.doors = new CheckDoors([this.running.get('auth')!, this.running.get('other')!]);
  }

  async start(role: Role): Promise<void> {
    const settings = { app: APPS[role], env: this.env() };
    const opened = await LedgerProcess.open(settings);
    this.running.set(role, opened);
    await opened.ready();
  }

  async kill(...roles: readonly Role[]): Promise<void> {
    await Promise.all(roles.map((role) => this.running.get(role)!.stop('SIGKILL')));
  }

  async killAll(): Promise<void> {
    this.doors.close();
    await this.kill(...ROLES);
  }

  get ingest(): HttpLedger {
    return this.running.get('ingest')!.http;
  }

  get auths(): HttpLedger[] {
    return [this.running.get('auth')!.http, this.running.get('other')!.http];
  }

  /** @returns the position of the last one */
  async spend(userId: string, amounts: readonly string[], event: object = {}): Promise<string> {
    let position = '';
    for (const amount of amounts) {
      const answer = await this.ingest.record({ type: 'user', userId }, amount, event);
      expect(answer.status).toBe(201);
      position = answer.body.position;
    }
    return position;
  }

  /** Waits until the projection has what was recorded up to a position. */
  async untilProjected(userId: string, position: string): Promise<void> {
    const projected = async () =>
      (await this.auths[0]!.balance(`user:${userId}`, position)).status === 200;
    await waitUntil(`${position} is projected`, projected);
  }

  /** Waits until so many warnings of an account have been taken by the receiver. */
  async untilDelivered(userId: string, count: number): Promise<void> {
    const areDelivered = async () => {
      const { body } = await this.auths[0]!.get(`/v1/warnings?account=user:${userId}`);
      const delivered = body.items.filter(
        (one: { delivered: { state: string } }) => one.delivered.state === 'delivered',
      );
      return delivered.length >= count;
    };
    await waitUntil(`${count} warnings of ${userId} are delivered`, areDelivered);
  }

  /** What the receiver was told of an account: a message that came again has the same id, and counts once. */
  received(userId: string): Warned[] {
    const byId = new Map(this.receiver.messages.map(({ id, payload }) => [id, payload.data]));
    return warned([...byId.values()].filter(({ account }) => account === `user:${userId}`));
  }

  /** What each auth lists of an account. */
  kept(userId: string): Promise<Warned[][]> {
    return Promise.all(
      this.auths.map(async (http) => {
        const { status, body } = await http.get(`/v1/warnings?account=user:${userId}`);
        expect([status, body.nextPageToken]).toEqual([200, '']);
        return warned(body.items);
      }),
    );
  }

  async remove(): Promise<void> {
    this.doors.close();
    await Promise.all([...this.running.values()].map((one) => one.stop()));
    await this.receiver.close();
    await this.log.remove();
    await this.db.drop();
  }

  private env(): Record<string, string> {
    return {
      DATABASE_URL: this.db.url,
      CLOCK_OFFSET: this.clockOffset,
      APPLY_WAIT: 'PT25S',
      VISIBLE_WAIT: 'PT25S',
      CHECK_TIMEOUT: 'PT25S',
      MAX_LAG: 'PT10M',
      WARNING_WEBHOOK_URL: this.receiver.url,
      WARNING_WEBHOOK_SECRET: SECRET,
      WARNING_WEBHOOK_POLL: 'PT0.1S',
      ...this.log.env,
    };
  }
}

/** In an order of their own: warnings may come in any. */
function warned(
  items: readonly { share: string; limit: string; window: { start: string } }[],
): Warned[] {
  return items.map(({ share, limit, window }) => [share, limit, window.start] as const).sort();
}
