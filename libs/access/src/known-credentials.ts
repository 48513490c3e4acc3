import { timingSafeEqual } from 'node:crypto';
import type { Database } from '#libs/postgres';
import { WakeableLoop } from '#libs/runtime';
import {
  readAccess,
  readAccessRevision,
  type Credential,
  type KnownAccess,
} from './read-credentials';
import { hashToken } from './token';

export interface RefreshOptions {
  /** How often it is asked whether anything has changed. */
  readonly refreshMs: number;
  /** The ledger's clock in milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly onError: (error: unknown) => void;
}

/**
 * The credentials as this process knows them: a change is known after `refreshMs`, and while Postgres is gone what was
 * known holds.
 */
export class KnownCredentials {
  private tokens = new Map<string, { readonly hash: Buffer; readonly credential: Credential }[]>();
  /** Of the tokens that have been shown since the last change, so that each is hashed once. */
  private shown = new Map<string, Credential>();
  private others = new Map<string, Credential>();
  private isFailing = false;
  /** The next reading, not begun yet: it includes every credential that existed when a caller began to wait for it. */
  private coming = Promise.withResolvers<boolean>();
  private readonly loop: WakeableLoop;

  private constructor(
    private readonly database: Database,
    private known: KnownAccess,
    private readonly options: RefreshOptions,
  ) {
    this.take(known);
    const { refreshMs } = options;
    this.loop = new WakeableLoop({
      round: () => this.refresh(),
      pauseMs: 0,
      pollMs: refreshMs,
      retryMs: refreshMs,
      onError: (error) => this.tellOnce(error),
    });
  }

  /** Reads them, and from then on again when they change. */
  static async open(database: Database, options: RefreshOptions): Promise<KnownCredentials> {
    const credentials = new KnownCredentials(database, await readAccess(database), options);
    credentials.loop.start();
    return credentials;
  }

  /** Moves with each change. */
  get revision(): bigint {
    return this.known.revision;
  }

  get isInUse(): boolean {
    return this.known.isInUse;
  }

  nowMs(): number {
    return this.options.nowMs();
  }

  ofToken(token: string): Credential | undefined {
    const credential = this.shown.get(token) ?? this.ofHash(hashToken(token));
    if (credential !== undefined) this.shown.set(token, credential);
    return this.unlessExpired(credential);
  }

  /** Tokens are found by a part of their hash, and compared as a whole in a time that tells nothing. */
  private ofHash(hash: string): Credential | undefined {
    const bytes = Buffer.from(hash, 'latin1');
    const found = this.tokens.get(indexOf(hash))?.find((kept) => timingSafeEqual(kept.hash, bytes));
    return found?.credential;
  }

  ofCertificate(name: string): Credential | undefined {
    return this.unlessExpired(this.others.get(`certificate ${name}`));
  }

  ofSource(source: string): Credential | undefined {
    return this.unlessExpired(this.others.get(`source ${source}`));
  }

  /**
   * Resolves when the credentials have been asked for once more, after this call.
   * @returns false: they could not be read
   */
  refreshed(): Promise<boolean> {
    return this.coming.promise;
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    this.coming.resolve(false);
  }

  private async refresh(): Promise<void> {
    const { resolve } = this.coming;
    this.coming = Promise.withResolvers();
    try {
      if ((await readAccessRevision(this.database)) !== this.known.revision) {
        this.take(await readAccess(this.database));
      }
      this.isFailing = false;
      resolve(true);
    } catch (error) {
      resolve(false);
      throw error;
    }
  }

  /** Not several times a second until Postgres is back. */
  private tellOnce(error: unknown): void {
    if (!this.isFailing) this.options.onError(error);
    this.isFailing = true;
  }

  private take(known: KnownAccess): void {
    this.known = known;
    this.tokens = new Map();
    this.shown = new Map();
    this.others = new Map();
    for (const credential of known.credentials) {
      const { kind, matches } = credential;
      if (kind !== 'token') {
        this.others.set(`${kind} ${matches}`, credential);
        continue;
      }
      const hash = Buffer.from(matches, 'latin1');
      const index = indexOf(matches);
      this.tokens.set(index, [...(this.tokens.get(index) ?? []), { hash, credential }]);
    }
  }

  private unlessExpired(credential: Credential | undefined): Credential | undefined {
    return credential && credential.expiresAtMs > this.options.nowMs() ? credential : undefined;
  }
}

const indexOf = (hash: string): string => hash.slice(0, 16);
