import type { Answer, GrpcLedger, LedgerProcess } from '#libs/testing';

/** A decision as a caller is told it, whichever door it came through. */
export interface Decided {
  readonly allowed: boolean;
  readonly blockedBy: string | null;
  readonly message: string;
  readonly resetsAt: string | null;
  readonly degraded: boolean;
  /** Milliseconds since 1970. */
  readonly decidedAt: number;
  readonly budgets: readonly {
    readonly budgetId: string;
    readonly limit: string | null;
    readonly spent: string;
    readonly warning: string | null;
    readonly windowStart: string;
  }[];
}

/** Every door of several auth processes that decides on a user's call. */
export class CheckDoors {
  private readonly grpcs: GrpcLedger[];

  constructor(private readonly auths: readonly LedgerProcess[]) {
    this.grpcs = auths.map((auth) => auth.grpc());
  }

  /** Asks them all at once, HTTP and gRPC. */
  ask(userId: string, minPosition?: string): Promise<Decided[]> {
    return Promise.all([
      ...this.auths.map((auth) => askHttp(auth, userId, minPosition)),
      ...this.grpcs.map((grpc) => askGrpc(grpc, userId, minPosition)),
    ]);
  }

  /** What proxies that read only the status are told. */
  authorize(userId: string): Promise<Answer[]> {
    const scope = { type: 'user', userId };
    return Promise.all(this.auths.map(({ http }) => http.post('/v1/authorize', { scope })));
  }

  close(): void {
    for (const grpc of this.grpcs) grpc.close();
  }
}

async function askHttp(
  { http }: LedgerProcess,
  userId: string,
  minPosition?: string,
): Promise<Decided> {
  const scope = { type: 'user', userId };
  const { status, body } = await http.check(
    scope,
    minPosition === undefined ? {} : { minPosition },
  );
  expect([status, body]).toEqual([200, expect.anything()]);
  const { allowed, blockedBy, message, resetsAt, degraded, decidedAt, budgets } = body;
  return {
    allowed,
    blockedBy,
    message,
    resetsAt,
    degraded,
    decidedAt: Date.parse(decidedAt),
    budgets: budgets.map(({ budgetId, limit, spent, warning, window }: Answer['body']) => ({
      budgetId,
      limit,
      spent,
      warning,
      windowStart: window.start,
    })),
  };
}

async function askGrpc(grpc: GrpcLedger, userId: string, minPosition = ''): Promise<Decided> {
  const { decision } = await grpc.call('BudgetService', 'Check', {
    scope: { user: { user_id: userId } },
    min_position: minPosition,
  });
  const { allowed, blocked_by, message, resets_at, degraded, decided_at, budgets } = decision;
  return {
    allowed,
    blockedBy: blocked_by ?? null,
    message,
    degraded,
    resetsAt: resets_at && instantOf(resets_at),
    decidedAt: Number(decided_at.seconds) * 1000 + decided_at.nanos / 1_000_000,
    budgets: budgets.map(({ budget_id, limit, spent, warning, window }: Answer['body']) => ({
      budgetId: budget_id,
      limit: limit ?? null,
      spent,
      warning: warning ?? null,
      windowStart: instantOf(window.start),
    })),
  };
}

/** Of a whole second. */
function instantOf({ seconds }: { readonly seconds: string }): string {
  return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}
