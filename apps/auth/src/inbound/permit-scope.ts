import {
  keyInUse,
  keyOfAnother,
  labelsOfCaller,
  permitLabels,
  permitScope,
  type Caller,
  type KeyInUse,
} from '#libs/access';
import { labelFaults, type Labels, type Scope } from '#libs/ledger';
import { invalid } from '#libs/runtime';
import { PostgresGone } from '../outage/postgres-gone';
import type { SideReads } from '../outage/side-reads';

/** Whose money a call is to spend, and what for. */
export interface PermittedCall {
  readonly scope: Scope;
  readonly labels?: Labels | undefined;
}

/** Whether a caller may ask, or set money aside, for a call. Of unbound callers nothing is looked up. */
export class ScopePermits {
  constructor(
    private readonly foreignKeys: Pick<SideReads<KeyInUse, boolean>, 'read'>,
    /** The names that labels may have; `undefined`: any. */
    private readonly labelNames: ReadonlySet<string> | undefined,
  ) {}

  /**
   * While Postgres is gone the bindings alone decide.
   * @returns the labels that the call is judged by
   * @throws Problem `forbidden`, `invalid`
   */
  async check(caller: Caller, call: PermittedCall): Promise<Labels | undefined> {
    const labels = this.labelsOf(caller, call);
    const key = keyToLookUp(caller, call.scope);
    if (key !== undefined) await this.lookUp(caller, key);
    return labels;
  }

  /** Likewise. @throws Problem `forbidden`, `invalid`; PostgresGone */
  async hold(caller: Caller, call: PermittedCall): Promise<Labels | undefined> {
    const labels = this.labelsOf(caller, call);
    const key = keyToLookUp(caller, call.scope);
    if (key !== undefined && !(await this.lookUp(caller, key))) throw new PostgresGone();
    return labels;
  }

  /**
   * Of a call that is over: its money is gone, so labels that the caller may not say are left out, and the rest counts.
   * @returns the labels that it counts with
   * @throws Problem `forbidden`: of the scope
   */
  async spent(caller: Caller, { scope, labels }: PermittedCall): Promise<Labels | undefined> {
    const key = keyToLookUp(caller, scope);
    if (key !== undefined) await this.lookUp(caller, key);
    const isKnown = labelFaults(labels, this.labelNames, 'labels').length === 0;
    for (const said of isKnown ? [labels, undefined] : [undefined]) {
      const judged = labelsOfCaller(caller.bindings, said);
      if (judged.ok) return judged.labels;
    }
    return undefined;
  }

  private labelsOf(caller: Caller, { labels }: PermittedCall): Labels | undefined {
    const faults = labelFaults(labels, this.labelNames, 'labels');
    if (faults.length > 0) throw invalid(faults);
    return permitLabels(caller, labels).labels;
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
