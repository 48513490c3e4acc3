import type { Position } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { Problem, type Logger } from '#libs/runtime';
import {
  findClaimsOfTail,
  OLDER_THAN_ITS_LOG,
  raiseKnownEnds,
  readKnownEnds,
  type ClaimsOfTail,
  type SpendLog,
} from '#libs/spend-log';

/** A log that is elsewhere, and may hold what the database does not know of. */
export interface LogElsewhere {
  readonly log: Pick<SpendLog, 'endOffsets' | 'consumeAlone'>;
  readonly currency: string;
  /** The database is older than the log. */
  readonly onOlder: () => void;
  readonly onError: (error: unknown) => void;
}

const LOOKING =
  'whether the database has the ids of the last records on the log is being looked up';
const DETAILS: Readonly<Record<ClaimsOfTail, string>> = {
  complete: LOOKING,
  missing: 'the database is older than the log, and the projector has not read all of that yet',
  unreadable:
    'records are missing on the log, so nobody knows whether their ids are in the database',
};

/**
 * A database that is older than its log, be it made anew or a backup, lacks the claims of what that log holds, and would
 * record an old id with other content. So nothing is recorded before it is known to have the claims of all that was on
 * the log when this process started: another ingest, or the projector, has written down that it has; or this process has
 * looked. Where some are gone the projector makes them again as it reads, and once it has come past them all are there.
 */
export class ClaimRestoration {
  private isDone = false;
  private wasMadeAnew = false;
  private ends: Promise<Position> | undefined;
  private looking: Promise<void> | undefined;
  private found: ClaimsOfTail | undefined;
  private readonly stopped = new AbortController();

  /** @param elsewhere `undefined`: the log is in this database, and no newer than it */
  constructor(
    private readonly database: Database,
    private readonly elsewhere?: LogElsewhere,
  ) {}

  async isComplete(): Promise<boolean> {
    if (this.isDone) return true;
    if (await this.isMadeAnew()) return false;
    if (!this.elsewhere) return (this.isDone = true);
    const [ends, known] = [await this.endsOf(this.elsewhere), await readKnownEnds(this.database)];
    if ([...ends].every(([partition, end]) => (known.get(partition) ?? 0n) >= end)) {
      this.isDone = true;
    } else this.look(this.elsewhere, ends);
    return this.isDone;
  }

  /** What is waited for. */
  get detail(): string {
    if (this.wasMadeAnew) return DETAILS.missing;
    return this.found === undefined ? LOOKING : DETAILS[this.found];
  }

  /** @throws Problem `unavailable` */
  async check(): Promise<void> {
    if (this.isDone || (await this.isComplete())) return;
    throw new Problem(
      'unavailable',
      'The ledger does not know yet which events its log holds. Send the same again later.',
      { retryAfterSeconds: 1 },
    );
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.looking;
  }

  /** The projector is told from the ledger's creation on how far it has to make claims. */
  private async isMadeAnew(): Promise<boolean> {
    const missing = await this.database.kysely
      .selectFrom('projection_partition')
      .select('partition')
      .whereRef('next_offset', '<', 'claims_until')
      .limit(1)
      .execute();
    return (this.wasMadeAnew = missing.length > 0);
  }

  /** Where the log ended when this process began: what is appended later is claimed in this database. */
  private endsOf({ log }: LogElsewhere): Promise<Position> {
    this.ends ??= log.endOffsets().catch((cause: unknown) => {
      this.ends = undefined;
      throw new Problem('unavailable', 'The log cannot be reached. Send the same again later.', {
        retryAfterSeconds: 1,
        cause,
      });
    });
    return this.ends;
  }

  /** Not waited for: whoever asks meanwhile asks again. */
  private look({ log, currency, onOlder, onError }: LogElsewhere, ends: Position): void {
    if (this.found !== undefined || this.looking || this.stopped.signal.aborted) return;
    const parts = { database: this.database, log, rules: { currency } };
    this.looking = findClaimsOfTail(parts, ends, this.stopped.signal)
      .then(async (found) => {
        if (found === 'complete') await raiseKnownEnds(this.database, ends);
        if (found === 'missing') onOlder();
        this.found = found;
      })
      .catch(onError)
      .finally(() => (this.looking = undefined));
  }
}

interface RestorationParts extends Pick<LogElsewhere, 'currency'> {
  readonly database: Database;
  readonly log: SpendLog;
  /** null: the log is in this database. */
  readonly logId: string | null;
  readonly logger: Logger;
}

/** The one of a process. */
export function claimRestoration({
  database,
  log,
  logId,
  currency,
  logger,
}: RestorationParts): ClaimRestoration {
  if (logId === null) return new ClaimRestoration(database);
  return new ClaimRestoration(database, {
    ...{ log, currency },
    onOlder: () => logger.warn(OLDER_THAN_ITS_LOG),
    onError: (error) => logger.error(error, 'looking for the claims of the log'),
  });
}
