import { keyInUse, keyOfAnother, permitScope, type Caller, type KeyInUse } from '#libs/access';
import type { Scope } from '#libs/ledger';
import { PostgresGone } from '../outage/postgres-gone';
import type { SideReads } from '../outage/side-reads';

/** Whether a caller may ask, or set money aside, in a scope. Of unbound callers nothing is looked up. */
export class ScopePermits {
  constructor(private readonly foreignKeys: Pick<SideReads<KeyInUse, boolean>, 'read'>) {}

  /** While Postgres is gone the bindings alone decide. @throws Problem `forbidden` */
  async check(caller: Caller, scope: Scope): Promise<void> {
    await this.permit(caller, scope);
  }

  /** @throws Problem `forbidden`; PostgresGone */
  async hold(caller: Caller, scope: Scope): Promise<void> {
    if ((await this.permit(caller, scope)) === 'unknown') throw new PostgresGone();
  }

  private async permit(caller: Caller, scope: Scope): Promise<'permitted' | 'unknown'> {
    permitScope(caller, scope);
    const key = keyInUse(caller.bindings, scope);
    if (key === undefined) return 'permitted';
    const isForeign = await this.foreignKeys.read(key);
    if (isForeign === true) throw keyOfAnother(caller);
    return isForeign === undefined ? 'unknown' : 'permitted';
  }
}
