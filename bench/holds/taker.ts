import { takeOrders, Worker } from '../load/worker';
import { drive, type DriveResult } from '../load/drive';
import type { HoldDesign, HoldOrder } from './hold-design';
import { ourDesign } from './our-design';
import { redisDesign } from './redis-design';
import { WALLET_TAKES, walletDesign } from './wallet-designs';

/** What a worker takes holds with: one design each, so that each has an event loop of its own. */
export type DesignOrder =
  | {
      readonly kind: 'ours';
      readonly url: string;
      readonly labels?: Readonly<Record<string, string>>;
    }
  | { readonly kind: keyof typeof WALLET_TAKES; readonly url: string }
  | { readonly kind: 'redis'; readonly port: number };

export interface TakerOrder extends HoldOrder {
  readonly design: DesignOrder;
}

export type Taker = Worker<TakerOrder, DriveResult>;

export function startTaker(): Taker {
  return Worker.start(__filename, 'the taker');
}

if (require.main === module) takeOrders(take);

const known = new Set<string>();
let design: HoldDesign | undefined;

async function take(order: TakerOrder, measuring: () => void): Promise<DriveResult> {
  const { accounts, room } = order;
  const using = (design ??= await open(order.design));
  const unknown = accounts.filter((account) => !known.has(account));
  if (unknown.length > 0) await using.setRoom(unknown, room);
  for (const account of unknown) known.add(account);
  const result = await drive(
    (nth) => using.take(accounts[nth % accounts.length]!),
    order,
    measuring,
  );
  if (order.isLast) {
    design = undefined;
    await using.close();
  }
  return result;
}

function open(order: DesignOrder): HoldDesign | Promise<HoldDesign> {
  switch (order.kind) {
    case 'ours':
      return ourDesign(order.url, order.labels && new Map(Object.entries(order.labels)));
    case 'redis':
      return redisDesign(order.port);
    default:
      return walletDesign(order.url, WALLET_TAKES[order.kind]);
  }
}
