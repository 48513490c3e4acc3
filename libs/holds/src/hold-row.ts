import {
  formatInstant,
  formatMoney,
  instantOf,
  picoOfDecimal,
  printLabels,
  type Labels,
  type ScopeIds,
} from '#libs/ledger';
import type { HoldTable } from '#libs/postgres';
import { eventKeyOf, storedLabels, storedScope } from '#libs/wire';
import type { Hold, HoldEnd } from './hold';

/** A hold as its table has it; all columns but the partition. */
export type HoldRow = Omit<HoldTable, 'partition' | 'state' | 'on_pools'> & {
  readonly state: 'active' | 'settling' | 'released';
  readonly on_pools: boolean;
};

export function rowOfHold(hold: Hold): HoldRow {
  const { keyId, userId, teamId }: ScopeIds = hold.scope;
  return {
    hold_id: hold.holdId,
    scope_type: hold.scope.type,
    key_id: keyId ?? null,
    user_id: userId ?? null,
    team_id: teamId ?? null,
    amount: formatMoney(hold.amountPico),
    created_at: formatInstant(hold.createdAt),
    expires_at: formatInstant(hold.expiresAt),
    caller: hold.caller,
    request_id: hold.requestId,
    idempotency_key: hold.idempotency?.key ?? null,
    body_hash: hold.idempotency?.bodyHash ?? null,
    on_expiry: hold.onExpiry,
    decision_id: hold.decisionId,
    decision: hold.decision,
    labels: hold.labels ? printLabels(hold.labels) : null,
    model: hold.model,
    on_pools: hold.onPools,
    ...endColumns(hold.end),
  };
}

export function holdOfRow(row: HoldRow): Hold {
  return {
    holdId: row.hold_id,
    scope: storedScope(row),
    labels: labelsOf(row.labels),
    model: row.model,
    onPools: row.on_pools,
    amountPico: picoOfDecimal(row.amount),
    createdAt: instantOf(row.created_at),
    expiresAt: instantOf(row.expires_at),
    caller: row.caller,
    requestId: row.request_id,
    idempotency:
      row.idempotency_key === null ? null : { key: row.idempotency_key, bodyHash: row.body_hash! },
    onExpiry: row.on_expiry,
    decisionId: row.decision_id,
    decision: row.decision,
    end: endOfRow(row),
  };
}

function endColumns(end: HoldEnd | null) {
  const settling = end?.state === 'settling' ? end : undefined;
  return {
    state: end?.state ?? 'active',
    ended_at: end === null ? null : formatInstant(end.at),
    actual: settling?.actualPico === undefined ? null : formatMoney(settling.actualPico),
    basis: settling?.basis ?? null,
    late: settling?.late ?? null,
    settled_source: settling?.event.source ?? null,
    settled_id: settling?.event.id ?? null,
    settled_key: settling ? eventKeyOf(settling.event) : null,
    settled_hash: settling?.bodyHash ?? null,
    expiry_event: settling?.expiryEvent ?? null,
    settled_labels: settling?.pools ? printLabels(settling.pools.labels ?? new Map()) : null,
    settled_model: settling?.model ?? null,
  } as const;
}

function endOfRow(row: HoldRow): HoldEnd | null {
  switch (row.state) {
    case 'active':
      return null;
    case 'released':
      return { state: 'released', at: instantOf(row.ended_at!) };
    case 'settling':
      return {
        state: 'settling',
        at: instantOf(row.ended_at!),
        late: row.late!,
        event: { source: row.settled_source!, id: row.settled_id! },
        actualPico: row.actual === null ? undefined : picoOfDecimal(row.actual),
        basis: row.basis!,
        bodyHash: row.settled_hash,
        expiryEvent: row.expiry_event,
        pools: row.settled_labels && { labels: labelsOf(row.settled_labels) },
        model: row.settled_model,
      };
  }
}

/** No labels are `{}` where pools are meant, and `null` of a hold. */
function labelsOf(column: Readonly<Record<string, string>> | null): Labels | undefined {
  const labels = storedLabels(column ?? {});
  return labels.size === 0 ? undefined : labels;
}
