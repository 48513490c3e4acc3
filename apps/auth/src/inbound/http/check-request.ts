import { parseAmount, parsePosition, parseScope, type Position, type Scope } from '#libs/ledger';
import { OptionalMember, Parsed } from '#libs/runtime';
import type { CheckRequest } from '../../decision';

/** The body of `POST /v1/check` and `POST /v1/authorize`. */
export class CheckBody {
  @Parsed(parseScope)
  scope!: Scope;

  @OptionalMember()
  @Parsed(parseAmount)
  estimate?: bigint;

  @OptionalMember()
  @Parsed(parsePosition)
  minPosition?: Position;
}

export function checkRequestOf(body: CheckBody): CheckRequest {
  return { scope: body.scope, estimatePico: body.estimate, minPosition: body.minPosition };
}
