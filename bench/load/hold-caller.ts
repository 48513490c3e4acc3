import { printCents } from '../ledger/print-cents';
import { shareOf } from '../measure/median';
import { drive, type DriveOrder, type DriveResult } from './drive';
import { HttpConnection } from './http-connection';
import { takeOrders, Worker } from './worker';

/** Makes calls: takes a hold of 1.00 before, and settles it after, each over HTTP. */
export interface CallOrder extends DriveOrder {
  /** `host:port` of each auth; they have equally many connections. */
  readonly auths: readonly string[];
  readonly teamId: string;
  /** What the calls cost, in turn. */
  readonly costsCents: readonly number[];
}

export interface CallResult extends DriveResult {
  /** What all calls cost, those that were not measured too. */
  readonly settledCents: number;
  readonly hold: Share;
  readonly settle: Share;
}

/** In milliseconds, of calls that ended while it was measured. */
type Share = Pick<DriveResult, 'p50Ms' | 'p99Ms'>;

export type HoldCaller = Worker<CallOrder, CallResult>;

export function startHoldCaller(): HoldCaller {
  return Worker.start(__filename, 'the caller');
}

if (require.main === module) takeOrders(call);

const JSON_TYPE = 'application/json';
const TTL_SECONDS = 600;
const BUDGET_EXCEEDED = 429;

async function call(order: CallOrder, measuring: () => void): Promise<CallResult> {
  const { auths, teamId, costsCents, inFlight } = order;
  const scope = { type: 'team', teamId };
  const body = Buffer.from(JSON.stringify({ scope, amount: '1.00', ttlSeconds: TTL_SECONDS }));
  const settles = costsCents.map((cents) => Buffer.from(`{"amount":"${printCents(cents)}"}`));
  const free = await Promise.all(
    Array.from({ length: inFlight }, (_, nth) => HttpConnection.open(auths[nth % auths.length]!)),
  );
  const [holdMs, settleMs]: [number[], number[]] = [[], []];
  let [settledCents, isCounting] = [0, order.warmUpMs === 0];
  const callOnce = async (nth: number): Promise<boolean> => {
    const connection = free.pop()!;
    const startedMs = performance.now();
    const holdId = await takeHold(connection, body);
    const takenMs = performance.now();
    if (holdId !== undefined) {
      const nthCost = nth % costsCents.length;
      await connection.post(`/v1/holds/${holdId}/settle`, JSON_TYPE, settles[nthCost]!);
      settledCents += costsCents[nthCost]!;
      if (isCounting) holdMs.push(takenMs - startedMs);
      if (isCounting) settleMs.push(performance.now() - takenMs);
    }
    free.push(connection);
    return holdId !== undefined;
  };
  const result = await drive(callOnce, order, () => {
    isCounting = true;
    measuring();
  });
  for (const connection of free) connection.close();
  return { ...result, settledCents, hold: sharesOf(holdMs), settle: sharesOf(settleMs) };
}

/** @returns its id; `undefined`: it was refused */
async function takeHold(connection: HttpConnection, request: Buffer): Promise<string | undefined> {
  const { status, body } = await connection.ask('/v1/holds', JSON_TYPE, request);
  if (status === BUDGET_EXCEEDED) return undefined;
  const holdId = /"holdId":"([^"]+)"/.exec(body.toString('latin1'))?.[1];
  if (holdId === undefined) throw new Error(`a hold was answered ${status} ${body.toString()}`);
  return holdId;
}

function sharesOf(millis: number[]): Share {
  const share = shareOf(millis);
  return { p50Ms: share(0.5), p99Ms: share(0.99) };
}
