import {
  formatInstant,
  instantOf,
  labelOfDefault,
  parseAccount,
  parsePosition,
  picoOfDecimal,
  type Instant,
  type JudgedBudget,
  type Position,
  type Scope,
  type Window,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { printStatus, type BudgetStatus } from '#libs/balances';

/** A decision as it was answered. */
export interface DecisionThen {
  readonly decisionId: string;
  readonly decidedAt: Instant;
  readonly allowed: boolean;
  readonly message: string;
  readonly position: Position;
  /** It was made on numbers as last known. */
  readonly degraded: boolean;
  readonly budgets: readonly BudgetThen[];
  /** What was asked; `undefined`: it is not kept. */
  readonly asked: Asked | undefined;
}

/** Members that were not said are absent. */
export interface Asked {
  readonly scope: Scope;
  readonly estimate: string | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly model?: string;
}

/** A budget with its numbers as the decision said them. */
export interface BudgetThen {
  readonly budgetId: string;
  /** What it was judged for; or the label that it requires, and that the call did not say. */
  readonly account: JudgedBudget['account'];
  readonly window: Window;
  readonly limitPico: bigint | null;
  readonly spentPico: bigint;
  readonly heldPico: bigint;
}

/** What a kept decision's document has, as far as it is needed here. */
interface Document extends Asked {
  readonly decidedAt: string;
  readonly allowed: boolean;
  readonly message: string;
  readonly position: string;
  readonly degraded: boolean;
  readonly budgets: readonly BudgetStatus[];
}

/** What stands beside a hold: the decision that granted it, with whole numbers as `{"$int": "…"}`. */
interface Granted {
  readonly decidedAt: Instant;
  readonly allowed: boolean;
  readonly message: string;
  readonly position: string;
  readonly degraded: boolean;
  readonly budgets: readonly JudgedBudget[];
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text has the form of a decision's id. */
export function isIdOfDecision(text: string): boolean {
  return UUID.test(text);
}

/** Among the kept decisions, and beside the holds that were granted. */
export async function findDecisionThen(
  { kysely }: Pick<Database, 'kysely'>,
  decisionId: string,
): Promise<DecisionThen | undefined> {
  const kept = await kysely
    .selectFrom('kept_decision')
    .select('document')
    .where('decision_id', '=', decisionId)
    .executeTakeFirst();
  if (kept) return thenOf(decisionId, kept.document as unknown as Document);
  const hold = await kysely
    .selectFrom('hold')
    .select('decision')
    .where('decision_id', '=', decisionId)
    .where('decision', 'is not', null)
    .executeTakeFirst();
  return hold && thenOf(decisionId, documentOf(hold.decision!));
}

function thenOf(
  decisionId: string,
  document: Omit<Document, 'scope' | 'estimate'> & Partial<Document>,
): DecisionThen {
  const { scope, estimate = null, labels, model } = document;
  const position = parsePosition(document.position, 'position');
  if (!position.ok) throw new Error(`decision ${decisionId} has no position`);
  return {
    decisionId,
    decidedAt: instantOf(document.decidedAt),
    allowed: document.allowed,
    message: document.message,
    position: position.value,
    degraded: document.degraded,
    budgets: document.budgets.map(budgetThen),
    asked: scope && {
      scope,
      estimate,
      ...(labels !== undefined && { labels }),
      ...(model !== undefined && { model }),
    },
  };
}

function budgetThen({ window: { start, end }, ...status }: BudgetStatus): BudgetThen {
  return {
    budgetId: status.budgetId,
    account: accountOf(status),
    window: {
      start: start === null ? null : instantOf(start),
      end: end === null ? null : instantOf(end),
    },
    limitPico: status.limit === null ? null : picoOfDecimal(status.limit),
    spentPico: picoOfDecimal(status.spent),
    heldPico: picoOfDecimal(status.held),
  };
}

function accountOf({
  account,
  budgetId,
  verdict,
}: Pick<BudgetStatus, 'account' | 'budgetId' | 'verdict'>): BudgetThen['account'] {
  const missing = verdict === 'missing' ? labelOfDefault(account) : undefined;
  if (missing !== undefined) return { kind: 'missing_label', name: missing };
  const read = parseAccount(account, 'account');
  if (!read.ok) throw new Error(`budget ${budgetId} has no account`);
  return read.value;
}

function documentOf(text: string): Omit<Document, 'scope' | 'estimate'> {
  const granted = JSON.parse(text, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && '$int' in value
      ? BigInt(value.$int as string)
      : value,
  ) as Granted;
  return {
    ...granted,
    decidedAt: formatInstant(granted.decidedAt),
    budgets: granted.budgets.map(printStatus),
  };
}
