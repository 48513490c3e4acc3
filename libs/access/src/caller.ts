import { ANONYMOUS } from '#libs/ledger';
import { UNBOUND, type Bindings } from './bindings';
import { ROLES, type Role } from './role';

/** The caller of a request, as far as the ledger knows. */
export interface Caller {
  /** Whom the record names. */
  readonly name: string;
  readonly roles: ReadonlySet<Role>;
  readonly bindings: Bindings;
}

/** The caller where the gate asks for no credential. */
export const ANYBODY: Caller = { name: ANONYMOUS, roles: new Set(ROLES), bindings: UNBOUND };
