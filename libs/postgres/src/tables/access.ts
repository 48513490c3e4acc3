import type { Generated } from 'kysely';

/** Who may do what; a row stays when its credential has ended. */
export interface CredentialTable {
  credential_id: Generated<string>;
  kind: 'token' | 'certificate' | 'source';
  /** Whom the record names. */
  name: string;
  /** SHA-256 of the token in hex, the name in the certificate, or the source. */
  matches: string;
  roles: string[];
  /** Bound to these accounts; to none: bound to nothing. */
  accounts: Generated<string[]>;
  sources: Generated<string[]>;
  created_by: string;
  created_at: Generated<string>;
  expires_at: string | null;
  /** Another one has its name since. */
  replaced_at: string | null;
  revoked_by: string | null;
  revoked_at: string | null;
}

/** One row, counted up with each change of a credential. */
export interface AccessRevisionTable {
  revision: bigint;
}
