import { status as grpcStatus } from '@grpc/grpc-js';
import type { GatewayRules } from '#libs/gateways';
import { formatMoney } from '#libs/ledger';
import { problemHeaders, type Problem } from '#libs/runtime';
import type { AnsweredDecision } from '../decisions/answered-decision';
import type { EarliestPass } from '../find-earliest-pass';
import { budgetExceeded } from '../inbound/budget-exceeded';

/** Why a call is not let through; clients read it in the body. */
export type DenialCode =
  | 'budget_exceeded'
  | 'scope_unknown'
  | 'model_unknown'
  | 'invalid'
  | 'forbidden'
  | 'gateway_unknown'
  | 'unavailable';

/** The answer to a call that is not let through, as its client gets it. */
export interface Denial {
  readonly code: DenialCode;
  /** Of HTTP. */
  readonly status: number;
  /** Of gRPC, inside an answer that is itself OK. */
  readonly grpcStatus: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, in the form that clients of OpenAI read. */
  readonly body: string;
}

type Style = Pick<GatewayRules, 'style'>;

/** A budget forbids the call. */
export function budgetDenial(
  decision: AnsweredDecision,
  earliest: EarliestPass,
  { deny, ...rules }: Style & Pick<GatewayRules, 'deny'>,
): Denial {
  const { decisionId, blockedBy, remainingPico, message } = decision;
  const refusal = problemHeaders(budgetExceeded(decision, earliest));
  return denial('budget_exceeded', message, rules, {
    status: deny.status,
    headers: {
      // Clients that cannot be told when to come back would come back at once.
      ...(refusal['retry-after'] === undefined && { 'x-should-retry': 'false' }),
      ...refusal,
      ...(decisionId !== null && { 'x-spend-decision-id': decisionId }),
      ...(blockedBy !== null && { 'x-spend-blocked-by': blockedBy.budget.budgetId }),
      ...(remainingPico !== null && { 'x-spend-remaining': formatMoney(remainingPico) }),
    },
  });
}

/** A call that cannot be decided on as it is. */
export function callDenial(
  code: Exclude<DenialCode, 'budget_exceeded' | 'gateway_unknown' | 'unavailable'>,
  message: string,
  rules: Style,
): Denial {
  return denial(code, message, rules, {});
}

/** The ledger cannot answer; not a refusal of the call. */
export function faultDenial(problem: Problem, rules: Style): Denial {
  return denial(
    'unavailable',
    problem.detail,
    { style: rules.style },
    {
      headers: { 'retry-after': '1', ...problemHeaders(problem) },
    },
  );
}

interface Kind {
  readonly status: number;
  readonly grpcStatus: number;
  readonly type: string;
}

const kind = (status: number, inside: number, type: string): Kind => ({
  status,
  grpcStatus: inside,
  type,
});

const KINDS: Readonly<Record<DenialCode, Kind>> = {
  budget_exceeded: kind(429, grpcStatus.RESOURCE_EXHAUSTED, 'insufficient_quota'),
  scope_unknown: kind(403, grpcStatus.PERMISSION_DENIED, 'invalid_request_error'),
  model_unknown: kind(400, grpcStatus.INVALID_ARGUMENT, 'invalid_request_error'),
  invalid: kind(400, grpcStatus.INVALID_ARGUMENT, 'invalid_request_error'),
  forbidden: kind(403, grpcStatus.PERMISSION_DENIED, 'invalid_request_error'),
  gateway_unknown: kind(503, grpcStatus.NOT_FOUND, 'server_error'),
  unavailable: kind(503, grpcStatus.UNAVAILABLE, 'server_error'),
};

/** No rules say what becomes of the call. */
export const GATEWAY_UNKNOWN: Denial = denial(
  'gateway_unknown',
  'The ledger knows no gateway of this name.',
  { style: 'plain' },
  {},
);

function denial(
  code: DenialCode,
  message: string,
  { style }: Style,
  given: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> },
): Denial {
  const { type, grpcStatus: inside, status: usual } = KINDS[code];
  const status = given.status ?? usual;
  const isNginx = style === 'nginx' && status !== 503;
  return {
    code,
    message,
    status: isNginx ? 403 : status,
    grpcStatus: inside,
    headers: {
      'content-type': 'application/json',
      ...given.headers,
      ...(isNginx && nginxHeaders(code, message, status)),
    },
    body: JSON.stringify({ error: { message, type, param: null, code } }),
  };
}

/** nginx takes no status but 403 from its check, and no body: its own answer is made of these. */
function nginxHeaders(code: DenialCode, message: string, status: number): Record<string, string> {
  return {
    'x-spend-status': String(status),
    'x-spend-reason': code,
    // As it may stand in a header, and inside of a text of JSON.
    'x-spend-message': JSON.stringify(message)
      .slice(1, -1)
      .replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  };
}
