import { ANONYMOUS } from '#libs/ledger';
import { UNBOUND, type Bindings } from './bindings';
import type { CredentialKind } from './read-credentials';
import { ROLES, type Role } from './role';

/** The caller of a request, as far as the ledger knows. */
export interface Caller {
  /** Whom the record names. */
  readonly name: string;
  readonly roles: ReadonlySet<Role>;
  readonly bindings: Bindings;
  /** What the caller showed; `undefined`: the gate asked for nothing. */
  readonly kind?: CredentialKind;
  /** When that expires by the ledger's clock, in milliseconds since 1970; `Infinity`: never. */
  readonly expiresAtMs?: number;
}

/** The caller where the gate asks for no credential. */
export const ANYBODY: Caller = { name: ANONYMOUS, roles: new Set(ROLES), bindings: UNBOUND };
