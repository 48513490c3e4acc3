import { parseAmount, parsePosition, parseScope, type Position, type Scope } from '#libs/ledger';
import { OptionalMember, ParsedBy } from '#libs/runtime';
import type { CheckRequest } from '../../decision';

/** The body of `POST /v1/check` and `POST /v1/authorize`. */
export class CheckBody {
  @ParsedBy(parseScope)
  scope!: Scope;

  @OptionalMember()
  @ParsedBy(parseAmount)
  estimate?: bigint;

  @OptionalMember()
  @ParsedBy(parsePosition)
  minPosition?: Position;
}

export function checkRequestOf(body: CheckBody): CheckRequest {
  return { scope: body.scope, estimatePico: body.estimate, minPosition: body.minPosition };
}
