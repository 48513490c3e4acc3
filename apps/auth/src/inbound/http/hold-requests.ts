import { parseOnExpiry, parseTtlSeconds, type OnExpiry } from '#libs/holds';
import {
  parseAmount,
  parsed,
  parseId,
  parseInstant,
  parseLabels,
  parsePosition,
  parseScope,
  type Instant,
  type Labels,
  type Position,
  type Scope,
} from '#libs/ledger';
import { accepted, OptionalMember, ParsedBy } from '#libs/runtime';
import type { Cost } from '#libs/wire';
import { parseSaidCost } from '../said-cost';

/** The body of `POST /v1/holds`. */
export class HoldBody {
  @ParsedBy(parseScope)
  scope!: Scope;

  @ParsedBy(parseAmount)
  amount!: bigint;

  @ParsedBy(parseTtlSeconds)
  ttlSeconds!: number;

  @OptionalMember()
  @ParsedBy(parseId)
  requestId?: string;

  @OptionalMember()
  @ParsedBy(parseOnExpiry)
  onExpiry?: OnExpiry;

  @OptionalMember()
  @ParsedBy(parseLabels)
  labels?: Labels | undefined;

  @OptionalMember()
  @ParsedBy(parseId)
  model?: string;

  @OptionalMember()
  @ParsedBy(parsePosition)
  minPosition?: Position;
}

/** The body of `POST /v1/holds/{holdId}/settle`: what it says of the cost is read together. */
export class SettleBody {
  @OptionalMember()
  @ParsedBy(parseInstant)
  time?: Instant;

  @OptionalMember()
  @ParsedBy(asGiven)
  amount?: unknown;

  @OptionalMember()
  @ParsedBy(asGiven)
  usage?: unknown;

  @OptionalMember()
  @ParsedBy(asGiven)
  basis?: unknown;

  @OptionalMember()
  @ParsedBy(asGiven)
  model?: unknown;

  @OptionalMember()
  @ParsedBy(asGiven)
  metadata?: unknown;
}

/** @throws Problem `invalid` */
export function costOf({ amount, usage, basis, model, metadata }: SettleBody): Cost {
  return accepted(parseSaidCost({ amount, usage, basis, model, metadata }));
}

/** The body of `POST /v1/holds/{holdId}/extend`. */
export class ExtendBody {
  @OptionalMember()
  @ParsedBy(parseTtlSeconds)
  ttlSeconds?: number;

  @OptionalMember()
  @ParsedBy(parseAmount)
  amount?: bigint;
}

/** The body of `POST /v1/holds/{holdId}/release`, if there is one. */
export class NoMembers {}

function asGiven(value: unknown) {
  return parsed(value);
}
