import { instantOf, type Instant } from '#libs/ledger';
import * as claims from '#libs/postgres';
import type { Claim, Prepared, PreparedStatement } from '#libs/postgres';

export type { Claim };

/** Who holds the claim on an event key. */
export type HeldClaim = Omit<claims.HeldClaim, 'recordedAt'> & { readonly recordedAt: Instant };

const SAME: PreparedStatement = {
  name: 'claim-of-content',
  text: 'select from event_claim where event_key = $1 and content_hash = $2',
};

/** Claims events, each key once; what is claimed already comes back as it was claimed. */
export async function claimEvents(
  client: Prepared,
  events: readonly Claim[],
): Promise<ReadonlyMap<string, HeldClaim>> {
  return timed(await claims.claimEvents(client, events));
}

/** What is claimed of these keys, and with what. */
export async function readClaims(
  client: Prepared,
  eventKeys: readonly string[],
): Promise<ReadonlyMap<string, HeldClaim>> {
  return timed(await claims.readClaims(client, eventKeys));
}

/** Whether an event was claimed before with the same content. */
export async function isClaimed(
  client: Prepared,
  { eventKey, contentHash }: Omit<Claim, 'partition'>,
): Promise<boolean> {
  return (await client.prepared(SAME, [eventKey, contentHash])).length > 0;
}

function timed(held: ReadonlyMap<string, claims.HeldClaim>): ReadonlyMap<string, HeldClaim> {
  return new Map(
    [...held].map(([key, claim]) => [key, { ...claim, recordedAt: instantOf(claim.recordedAt) }]),
  );
}
