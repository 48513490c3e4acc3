import { Root } from 'protobufjs';
import { scopeAccountsOf, formatAccount, parseScope, picoOfDecimal } from '#libs/ledger';
import { PROTO_PATH, scopeOfMessage } from '#libs/wire';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an event that the ledger took, whatever it looks like
type Json = any;

const REQUEST = new Root()
  .loadSync(PROTO_PATH, { keepCase: true })
  .resolveAll()
  .lookupType('spendledger.v1.RecordSpendRequest');

/** What the ledger took, added up by somebody else. */
export class SpendTally {
  readonly sums = new Map<string, bigint>();
  count = 0;

  /** Adds the data of an event as it was sent. */
  add({ scope, amount = '0' }: { scope: Json; amount?: string }): void {
    const parsed = parseScope(scope, 'scope');
    if (!parsed.ok) throw new Error('the ledger took a scope that is none');
    const accounts = scopeAccountsOf(parsed.value).map(formatAccount);
    for (const account of accounts) {
      this.sums.set(account, (this.sums.get(account) ?? 0n) + picoOfDecimal(amount));
    }
    this.count += 1;
  }

  /** Adds the event of a request over gRPC as it was sent. */
  addBytes(bytes: Uint8Array): void {
    const { event } = REQUEST.toObject(REQUEST.decode(bytes)) as Json;
    const { scope, amount } = event;
    this.add({ scope: scopeOfMessage(scope), amount });
  }
}
