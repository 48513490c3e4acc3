import {
  parseAmount,
  parseId,
  parseLabels,
  parsePosition,
  parseScope,
  type Labels,
  type Position,
  type Scope,
} from '#libs/ledger';
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
  @ParsedBy(parseLabels)
  labels?: Labels | undefined;

  @OptionalMember()
  @ParsedBy(parseId)
  model?: string;

  @OptionalMember()
  @ParsedBy(parsePosition)
  minPosition?: Position;
}

export function checkRequestOf(body: CheckBody): CheckRequest {
  const { scope, estimate: estimatePico, labels, model, minPosition } = body;
  return { scope, estimatePico, labels, model, minPosition };
}
