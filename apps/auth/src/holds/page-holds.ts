import { Page, readPageToken, writePageToken, type PageSize } from '#libs/balances';
import type { HoldNow, HoldState, ListedHolds } from '#libs/holds';
import { parseAccount, parsed, partitionOfHoldId, refused, type Parsed } from '#libs/ledger';
import { printHold } from './print-hold';

const STATES: readonly HoldState[] = ['active', 'settling', 'settled', 'released', 'expired'];

/** A page as a caller asks for it (AIP-158): what is absent, zero or empty takes its default. */
export interface HoldPageRequest extends PageSize {
  readonly account: string | undefined;
  readonly state: string | undefined;
  readonly pageToken: string | undefined;
}

export interface HoldPage {
  readonly items: readonly HoldNow[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/** Lists holds, the newest first; more than 1,000 a page are cut to that. */
export async function pageHolds(
  list: (wanted: ListedHolds) => Promise<HoldNow[]>,
  request: HoldPageRequest,
): Promise<Parsed<HoldPage>> {
  const { account, state, pageToken } = request;
  const ofAccount = account ? parseAccount(account, 'account') : parsed(undefined);
  const inState = state ? parseState(state, 'state') : parsed(undefined);
  const after = readPageToken(pageToken, 'holds', holdIdOf);
  if (!ofAccount.ok || !inState.ok || !after.ok) {
    const errors = [ofAccount, inState, after].flatMap((part) => (part.ok ? [] : part.errors));
    return { ok: false, errors };
  }
  const page = new Page<HoldNow>(request);
  const wanted = { account: ofAccount.value, state: inState.value, after: after.value };
  const found = await list({ ...wanted, limit: page.limit + 1 });
  const last = page.fill(found, (hold) => hold, printHold);
  return parsed({
    items: page.items,
    nextPageToken: last ? writePageToken('holds', last.hold.holdId) : '',
  });
}

function parseState(value: string, field: string): Parsed<HoldState> {
  const state = STATES.find((known) => known === value);
  return state ? parsed(state) : refused(field, 'one_of', `must be one of ${STATES.join(', ')}`);
}

function holdIdOf(place: string): string | undefined {
  return partitionOfHoldId(place) === undefined ? undefined : place;
}
