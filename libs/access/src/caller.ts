import { ANONYMOUS } from '#libs/ledger';
import { UNBOUND, type Bindings } from './bindings';
import { ROLES, type Role } from './role';

/** Whoever calls, as far as the ledger knows. */
export interface Caller {
  /** Whom the record names. */
  readonly name: string;
  readonly roles: ReadonlySet<Role>;
  readonly bindings: Bindings;
}

/** Whoever calls where no credential is asked for. */
export const ANYBODY: Caller = { name: ANONYMOUS, roles: new Set(ROLES), bindings: UNBOUND };
