import { parseOnExpiry, parseTtlSeconds, type OnExpiry } from '#libs/holds';
import {
  parseAmount,
  parsed,
  parseId,
  parseInstant,
  parsePosition,
  parseScope,
  type Instant,
  type Position,
  type Scope,
} from '#libs/ledger';
import { accepted, OptionalMember, Parsed } from '#libs/runtime';
import { parseCost, type Cost } from '#libs/wire';

/** The body of `POST /v1/holds`. */
export class HoldBody {
  @Parsed(parseScope)
  scope!: Scope;

  @Parsed(parseAmount)
  amount!: bigint;

  @Parsed(parseTtlSeconds)
  ttlSeconds!: number;

  @OptionalMember()
  @Parsed(parseId)
  requestId?: string;

  @OptionalMember()
  @Parsed(parseOnExpiry)
  onExpiry?: OnExpiry;

  @OptionalMember()
  @Parsed(parsePosition)
  minPosition?: Position;
}

/** The body of `POST /v1/holds/{holdId}/settle`: what it says of the cost is read together. */
export class SettleBody {
  @OptionalMember()
  @Parsed(parseInstant)
  time?: Instant;

  @OptionalMember()
  @Parsed(asGiven)
  amount?: unknown;

  @OptionalMember()
  @Parsed(asGiven)
  usage?: unknown;

  @OptionalMember()
  @Parsed(asGiven)
  basis?: unknown;

  @OptionalMember()
  @Parsed(asGiven)
  model?: unknown;

  @OptionalMember()
  @Parsed(asGiven)
  metadata?: unknown;
}

/** @throws Problem `invalid` */
export function costOf({ amount, usage, basis, model, metadata }: SettleBody): Cost {
  return accepted(parseCost({ amount, usage, basis, model, metadata }, ''));
}

/** The body of `POST /v1/holds/{holdId}/extend`. */
export class ExtendBody {
  @OptionalMember()
  @Parsed(parseTtlSeconds)
  ttlSeconds?: number;

  @OptionalMember()
  @Parsed(parseAmount)
  amount?: bigint;
}

/** The body of `POST /v1/holds/{holdId}/release`, if there is one. */
export class NoMembers {}

function asGiven(value: unknown) {
  return parsed(value);
}
