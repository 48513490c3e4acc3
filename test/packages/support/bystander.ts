import { setTimeout as sleep } from 'node:timers/promises';
import { HttpLedger, waitUntil } from '#libs/testing';
import type { FaultyProxy } from './faulty-proxy';
import type { HoldOnRecord, RecoveryLedger } from './recovery-ledger';
import type { Deed } from './scenario';
import { spoilJournal } from './spoil-journal';

/** All who do something beside the client: others with its token, the operator, the network, the disk. */
export class Bystander {
  remembered: HoldOnRecord | undefined;
  readonly tokens: string[];

  constructor(
    private readonly ledger: RecoveryLedger,
    private readonly proxy: FaultyProxy,
    readonly user: string,
    readonly journal: string,
    token: string,
  ) {
    this.tokens = [token];
  }

  /** The one in force. */
  get token(): string {
    return this.tokens.at(-1)!;
  }

  async doAll(deeds: readonly Deed[] = []): Promise<void> {
    for (const deed of deeds) await this.do(deed);
  }

  private async do(deed: Deed): Promise<void> {
    switch (deed.do) {
      case 'release':
        return accepted(await this.http.release(await this.holdId()));
      case 'settle':
        return accepted(await this.http.settle(await this.holdId(), deed.amount));
      case 'rotate-token':
        return void this.tokens.push(await this.ledger.rotateToken(this.user));
      case 'ledger-down':
        return this.proxy.goDown();
      case 'ledger-up':
        return this.proxy.comeUp();
      case 'lift-faults':
        return this.proxy.liftFaults();
      case 'spoil-journal':
        return spoilJournal(this.journal, deed.marker!);
      case 'remember-hold':
        return void (this.remembered = await this.hold());
      case 'await-expiry':
        return waitUntil('the hold has expired', async () => {
          return (await this.hold()).state === 'expired';
        });
      case 'await-requests':
        return this.awaitRequests(deed);
      case 'wait':
        return sleep(deed.seconds! * 1000);
      default:
        throw new Error(`a scenario says “${deed.do}”, which nobody can do`);
    }
  }

  private awaitRequests({ on, count = 1, status }: Deed): Promise<void> {
    return waitUntil(`${count} × ${on} is answered with ${status}`, () => {
      const such = this.proxy.requests.filter((seen) => seen.kind === on && seen.status === status);
      return such.length >= count;
    });
  }

  private get http(): HttpLedger {
    return new HttpLedger(this.ledger.url).as(this.token);
  }

  private async holdId(): Promise<string> {
    return (await this.hold()).holdId;
  }

  /** The newest of the user. */
  private async hold(): Promise<HoldOnRecord> {
    const [newest] = await this.ledger.holds(this.user);
    if (newest === undefined) throw new Error(`${this.user} has no hold`);
    return newest;
  }
}

function accepted({ status, body }: { status: number; body: unknown }): void {
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
}
