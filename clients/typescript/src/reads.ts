import { rules, type Client } from './client.js';
import { balance, budgetPage } from './http/answers.js';
import { withQuery } from './http/paths.js';
import type { Balance, Budget, CallOptions } from './types.js';

export interface BalanceOptions extends CallOptions {
  /** The answer includes everything up to it. @throws NotYetVisible if that takes too long */
  readonly minPosition?: string | undefined;
  readonly at?: Date | string;
  readonly knownAt?: Date | string;
}

/** `client.balances` */
export class Balances {
  /** @internal */
  constructor(private readonly client: Client) {}

  /** @param account such as `user:alice`, `team:ml` or `member:ml/alice` */
  async get(account: string, options: BalanceOptions = {}): Promise<Balance> {
    const { client } = this;
    const { minPosition = client.view.positions?.newest, at, knownAt } = options;
    const moments = { at: printed(at), knownAt: printed(knownAt) };
    const { body } = await client.transport.send<Balance>({
      ...rules(client, 'read', options),
      method: 'GET',
      path: withQuery('/v1/balances', { account, minPosition, ...moments }),
      fits: balance,
    });
    return body;
  }
}

export interface ListOptions extends CallOptions {
  readonly account?: string;
  readonly pageSize?: number;
}

/** `client.budgets` */
export class Budgets {
  /** @internal */
  constructor(private readonly client: Client) {}

  /** One budget after the other; asks for the next page when it is needed. */
  async *list(options: ListOptions = {}): AsyncGenerator<Budget, void, undefined> {
    const { account, pageSize } = options;
    let pageToken: string | undefined;
    do {
      const { body } = await this.client.transport.send<{ items: Budget[]; nextPageToken: string }>(
        {
          ...rules(this.client, 'read', options),
          method: 'GET',
          path: withQuery('/v1/budgets', { account, pageSize, pageToken }),
          fits: budgetPage,
        },
      );
      yield* body.items;
      pageToken = body.nextPageToken || undefined;
    } while (pageToken !== undefined);
  }
}

function printed(time: Date | string | undefined): string | undefined {
  return time instanceof Date ? time.toISOString() : time;
}
