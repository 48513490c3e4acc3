import { status, type ServiceError } from '@grpc/grpc-js';
import type { Answer } from '#libs/testing';
import type { LedgerProcesses, Role } from './ledger-processes';

export interface Scope {
  readonly type: 'user' | 'team' | 'key';
  readonly teamId?: string;
  readonly userId?: string;
  readonly keyId?: string;
}

/** What a caller is told, whichever door it came to. */
export interface Told {
  readonly allowed: boolean;
  readonly blockedBy: string | null;
  readonly resetsAt: string | null;
  readonly message: string;
  /** `[budget, spent, limit, verdict]` of each. */
  readonly budgets: readonly (readonly [string, string, string, string])[];
}

/** @returns `undefined`: the ledger answers nobody yet */
type Ask = (
  ledger: LedgerProcesses,
  auth: Role,
  scope: Scope,
  minPosition?: string,
) => Promise<Told | undefined>;

/** Every way to ask whether a call is allowed. */
export const ASKS: Readonly<Record<string, Ask>> = {
  'POST /v1/check': async (ledger, auth, scope, minPosition) => {
    const answer = await ledger.http(auth).check(scope, minPosition ? { minPosition } : {});
    if (isUnavailable(answer)) return undefined;
    expect(answer.status).toBe(200);
    return told(answer.body);
  },
  'POST /v1/authorize': async (ledger, auth, scope, minPosition) => {
    const body = { scope, ...(minPosition && { minPosition }) };
    const answer = await ledger.http(auth).post('/v1/authorize', body);
    if (isUnavailable(answer)) return undefined;
    return answer.status === 200 ? told(answer.body) : toldIn429(answer);
  },
  'BudgetService/Check': async (ledger, auth, scope, minPosition = '') => {
    const request = { scope: scopeMessage(scope), min_position: minPosition };
    try {
      const { decision } = await ledger.grpc(auth).call('BudgetService', 'Check', request);
      return toldOverGrpc(decision);
    } catch (error) {
      // A refusal is an answer: the only status there may be is this one.
      expect((error as ServiceError).code).toBe(status.UNAVAILABLE);
      return undefined;
    }
  },
};

export function scopeMessage({ type, teamId, userId, keyId }: Scope): object {
  return { [type]: { team_id: teamId, user_id: userId, key_id: keyId } };
}

/** Budgets without a reset: a caller is told not to try again, and no time at which to. */
function toldIn429({ status: code, headers, body }: Answer): Told {
  expect({ code, problem: body.code, detail: body.detail }).toEqual({
    code: 429,
    problem: 'budget_exceeded',
    detail: body.decision.message,
  });
  expect(headers.get('x-should-retry')).toBe('false');
  expect(headers.get('retry-after')).toBeNull();
  expect(body.decision.allowed).toBe(false);
  return told(body.decision);
}

function told(decision: Answer['body']): Told {
  const { allowed, blockedBy, resetsAt, message, budgets } = decision;
  return {
    allowed,
    blockedBy,
    resetsAt,
    message,
    budgets: sorted(
      budgets.map((one: Answer['body']) => [one.budgetId, one.spent, one.limit, one.verdict]),
    ),
  };
}

function toldOverGrpc(decision: Answer['body']): Told {
  const { allowed, blocked_by, resets_at, message, budgets } = decision;
  return {
    allowed,
    blockedBy: blocked_by ?? null,
    resetsAt: resets_at,
    message,
    budgets: sorted(
      budgets.map((one: Answer['body']) => {
        const verdict = one.verdict.replace('VERDICT_', '').toLowerCase();
        return [one.budget_id, one.spent, one.limit, verdict];
      }),
    ),
  };
}

function sorted(budgets: Told['budgets']): Told['budgets'] {
  return [...budgets].sort(([a], [b]) => (a < b ? -1 : 1));
}

function isUnavailable({ status: code, body, headers }: Answer): boolean {
  if (code !== 503) return false;
  expect([body.code, headers.get('retry-after')]).toEqual(['unavailable', '1']);
  return true;
}
