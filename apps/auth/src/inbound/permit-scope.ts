import { keyInUse, keyOfAnother, permitScope, type Caller, type KeyInUse } from '#libs/access';
import type { Scope } from '#libs/ledger';
import { PostgresGone } from '../outage/postgres-gone';
import type { SideReads } from '../outage/side-reads';

/** Whether a caller may ask, or set money aside, in a scope. Of unbound callers nothing is looked up. */
export class ScopePermits {
  constructor(private readonly foreignKeys: Pick<SideReads<KeyInUse, boolean>, 'read'>) {}

  /** While Postgres is gone the bindings alone decide. @throws Problem `forbidden` */
  async check(caller: Caller, scope: Scope): Promise<void> {
    const key = keyToLookUp(caller, scope);
    if (key !== undefined) await this.lookUp(caller, key);
  }

  /** @throws Problem `forbidden`; PostgresGone */
  async hold(caller: Caller, scope: Scope): Promise<void> {
    const key = keyToLookUp(caller, scope);
    if (key !== undefined && !(await this.lookUp(caller, key))) throw new PostgresGone();
  }

  /**
   * @returns false: it could not be looked up
   * @throws Problem `forbidden`
   */
  private async lookUp(caller: Caller, key: KeyInUse): Promise<boolean> {
    const isForeign = await this.foreignKeys.read(key);
    if (isForeign === true) throw keyOfAnother(caller);
    return isForeign !== undefined;
  }
}

/** @throws Problem `forbidden` */
function keyToLookUp(caller: Caller, scope: Scope): KeyInUse | undefined {
  permitScope(caller, scope);
  return keyInUse(caller.bindings, scope);
}
