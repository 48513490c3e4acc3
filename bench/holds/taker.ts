import { takeOrders, Worker } from '../load/worker';
import { drive, type DriveOrder, type DriveResult } from './drive';
import type { HoldDesign } from './hold-design';
import { ourDesign } from './our-design';
import { redisDesign } from './redis-design';
import { WALLET_TAKES, walletDesign } from './wallet-designs';

/** What a worker takes holds with: one design each, so that each has an event loop of its own. */
export type DesignOrder =
  | { readonly kind: 'ours'; readonly url: string }
  | { readonly kind: keyof typeof WALLET_TAKES; readonly url: string }
  | { readonly kind: 'redis'; readonly port: number };

export interface TakerOrder extends DriveOrder {
  readonly design: DesignOrder;
  /** The holds are on these in turn. */
  readonly accounts: readonly string[];
  /** Each account's first order gives it room for so many. */
  readonly room: number;
}

export type Taker = Worker<TakerOrder, DriveResult>;

export function startTaker(): Taker {
  return Worker.start(__filename, 'the taker');
}

if (require.main === module) takeOrders(take);

let design: HoldDesign | undefined;
const opened = new Set<string>();

async function take(order: TakerOrder, measuring: () => void): Promise<DriveResult> {
  const { accounts, room } = order;
  const using = (design ??= await open(order.design));
  const unknown = accounts.filter((account) => !opened.has(account));
  if (unknown.length > 0) await using.setRoom(unknown, room);
  for (const account of unknown) opened.add(account);
  return drive((nth) => using.take(accounts[nth % accounts.length]!), order, measuring);
}

function open(order: DesignOrder): HoldDesign | Promise<HoldDesign> {
  switch (order.kind) {
    case 'ours':
      return ourDesign(order.url);
    case 'redis':
      return redisDesign(order.port);
    default:
      return walletDesign(order.url, WALLET_TAKES[order.kind]);
  }
}
