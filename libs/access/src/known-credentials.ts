import { timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#libs/postgres';
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
  private others = new Map<string, Credential>();
  private next: Promise<boolean> | undefined;
  /** Readings may overtake each other: of those that were begun, and the last that counts. */
  private begun = 0;
  private taken = 0;
  private isFailing = false;
  private readonly stopping = new AbortController();

  private constructor(
    private readonly database: Database,
    private known: KnownAccess,
    private readonly options: RefreshOptions,
  ) {
    this.take(known);
  }

  /** Reads them, and from then on again when they change. */
  static async open(database: Database, options: RefreshOptions): Promise<KnownCredentials> {
    return new KnownCredentials(database, await readAccess(database), options).follow();
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

  /** Tokens are found by a part of their hash, and compared as a whole in a time that tells nothing. */
  ofToken(token: string): Credential | undefined {
    const hash = hashToken(token);
    const bytes = Buffer.from(hash, 'latin1');
    const found = this.tokens.get(indexOf(hash))?.find((kept) => timingSafeEqual(kept.hash, bytes));
    return this.unlessExpired(found?.credential);
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
    this.next ??= this.refreshSoon();
    return this.next;
  }

  stop(): void {
    this.stopping.abort();
  }

  private follow(): this {
    void this.refreshed().finally(() => {
      if (!this.stopping.signal.aborted) this.follow();
    });
    return this;
  }

  private async refreshSoon(): Promise<boolean> {
    const { refreshMs, onError } = this.options;
    const { signal } = this.stopping;
    await sleep(refreshMs, undefined, { signal, ref: false }).catch(() => undefined);
    // Whoever asks from here on might ask for what comes after this reading.
    this.next = undefined;
    if (signal.aborted) return false;
    const reading = ++this.begun;
    try {
      if ((await readAccessRevision(this.database)) !== this.known.revision) {
        const known = await readAccess(this.database);
        if (reading > this.taken) this.take(known);
        this.taken = Math.max(this.taken, reading);
      }
      this.isFailing = false;
      return true;
    } catch (error) {
      // Said once, not several times a second until Postgres is back.
      if (!this.isFailing) onError(error);
      this.isFailing = true;
      return false;
    }
  }

  private take(known: KnownAccess): void {
    this.known = known;
    this.tokens = new Map();
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
