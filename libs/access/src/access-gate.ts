import { Problem, type Gate, type Knock, type Metrics, type PeerCertificate } from '#libs/runtime';
import { ANYBODY, type Caller } from './caller';
import { isSameAccess, type Credential } from './read-credentials';
import { type KnownCredentials } from './known-credentials';
import { readBearer } from './read-bearer';

/**
 * `closed`: every caller needs a credential. `open`: every caller may do everything (INSECURE_NO_AUTH). `until_first`:
 * the same for callers on this machine, until there is a credential.
 */
export type AccessMode = 'closed' | 'open' | 'until_first';

export interface GateOptions {
  readonly mode: AccessMode;
  /** Most callers of unknown credentials that wait for the next reading; more are sent away. */
  readonly maxWaiting: number;
  readonly metrics: Metrics;
}

type Reason = 'missing' | 'malformed' | 'unknown' | 'certificate' | 'disagreeing' | 'host';

/** Says of each request who calls, before anything else of it is read. */
export class AccessGate implements Gate {
  private waiting = 0;
  private readonly refusals;

  constructor(
    private readonly credentials: KnownCredentials,
    private readonly options: GateOptions,
  ) {
    this.refusals = options.metrics.counter(
      'access_refusals_total',
      'Requests without a credential that is accepted, by what was wrong with it',
      ['reason'],
    );
  }

  /** Whether callers need no credential now. */
  get isOpen(): boolean {
    const { mode } = this.options;
    return mode === 'open' || (mode === 'until_first' && !this.credentials.isInUse);
  }

  /** @throws Problem `unauthenticated`, `forbidden`, `overloaded`, `unavailable` */
  admit(knock: Knock, roles: readonly string[] | undefined): Caller | Promise<Caller> {
    const bearer = knock.mayBeOfClient && this.isOpen ? undefined : readBearer(knock.authorization);
    if (bearer === 'malformed') throw this.unknown('malformed');
    const { certificate } = knock;
    if (certificate && !this.isTrusted(certificate)) throw this.unknown('certificate');
    if (bearer === undefined && certificate === undefined) return this.anybody(knock);
    const known = this.find(bearer?.token, certificate);
    if (known) return this.withRole(known, roles);
    return this.findLater(bearer?.token, certificate).then((found) => this.withRole(found, roles));
  }

  /** It was when the connection was made; that may be long ago. */
  private isTrusted({ authorized, notAfterMs }: PeerCertificate): boolean {
    return authorized && this.credentials.nowMs() < notAfterMs;
  }

  /** A credential for everything that was presented, or none. */
  private find(
    token: string | undefined,
    certificate: PeerCertificate | undefined,
  ): Credential | undefined {
    const ofToken = token === undefined ? undefined : this.credentials.ofToken(token);
    if (certificate === undefined || (token !== undefined && !ofToken)) return ofToken;
    const named = certificate.sans.flatMap((name) => this.credentials.ofCertificate(name) ?? []);
    const [first = ofToken, ...more] = named;
    const all = ofToken ? [ofToken, ...more] : more;
    if (first && all.some((other) => !isSameAccess(first, other)))
      throw this.unknown('disagreeing');
    return first;
  }

  /** A new credential is in the next reading. A caller that guesses waits for it too, and few may wait at once. */
  private async findLater(
    token: string | undefined,
    certificate: PeerCertificate | undefined,
  ): Promise<Credential> {
    if (this.waiting >= this.options.maxWaiting) {
      this.refusals.inc({ reason: 'too_many' });
      throw new Problem('overloaded', 'Too many callers with unknown credentials. Try again.', {
        retryAfterSeconds: 1,
      });
    }
    this.waiting += 1;
    const isRead = await this.credentials.refreshed().finally(() => (this.waiting -= 1));
    const found = this.find(token, certificate);
    if (found) return found;
    if (isRead) throw this.unknown('unknown');
    throw new Problem('unavailable', 'The ledger cannot say now who calls: the database is away.', {
      retryAfterSeconds: 1,
    });
  }

  private withRole(known: Credential, needed: readonly string[] = []): Caller {
    if (this.options.mode === 'open') return { ...ANYBODY, name: known.name };
    // Every known caller may learn that a path does not exist.
    if (needed.length === 0) return known;
    const roles: ReadonlySet<string> = known.roles;
    for (const role of needed) if (roles.has(role)) return known;
    throw new Problem('forbidden', `${known.name} lacks the role ${needed.join(' or ')}.`);
  }

  private anybody(knock: Knock): Caller {
    if (!this.isOpen) throw this.unknown('missing');
    if (this.options.mode !== 'until_first') return ANYBODY;
    // A page in somebody's browser can reach this machine under a name that its author has in the DNS.
    if (knock.host !== undefined && !isLocal(knock.host)) throw this.unknown('host');
    if (isOfForeignPage(knock)) {
      this.refusals.inc({ reason: 'origin' });
      throw new Problem(
        'forbidden',
        'Without a credential, this ledger answers no page of another origin.',
      );
    }
    return ANYBODY;
  }

  private unknown(reason: Reason): Problem {
    this.refusals.inc({ reason });
    return new Problem('unauthenticated', SENTENCES[reason], {
      headers: { 'www-authenticate': reason === 'missing' ? CHALLENGE : INVALID },
    });
  }
}

const SENTENCES: Readonly<Record<Reason, string>> = {
  missing: 'This ledger answers nobody without a credential: send a bearer token.',
  malformed: 'The Authorization header is not one bearer token of this ledger.',
  unknown: 'The credential is not known, or no longer.',
  certificate: 'The certificate is not one that this ledger trusts, or no longer.',
  disagreeing: 'The credentials of this request disagree about who calls.',
  host: 'Without a credential, this ledger answers callers on this machine alone: localhost.',
};
const CHALLENGE = 'Bearer realm="spend-ledger"';
const INVALID = `${CHALLENGE}, error="invalid_token"`;

/** A browser lets any page send to this machine; it says which one sends. */
function isOfForeignPage({ host = '', origin, fetchSite }: Knock): boolean {
  if (fetchSite?.toLowerCase() === 'cross-site') return true;
  if (origin === undefined) return false;
  return origin.toLowerCase().replace(/^https?:\/\//, '') !== host.toLowerCase();
}

/** An address of the machine itself, or a name without a dot, such as a proxy's for this ledger: no stranger has one. */
function isLocal(host: string): boolean {
  return /^(?:[a-z\d_-]*[a-z][a-z\d_-]*|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(host);
}
