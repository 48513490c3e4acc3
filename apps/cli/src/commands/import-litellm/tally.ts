import { redactSecrets, type Basis, type FieldError, type Spend } from '#libs/ledger';
import { RoundingSum, type Decimal } from './double';
import type { Renamed } from './fit-id';
import { modelOf, type LogRow } from './log-row';
import { SKIPPED, type Skipped } from './outcome-of-row';

/** A row or a budget that the ledger did not take. Ids are as the ledger would have them, so that none is a secret. */
export interface Refusal {
  readonly id: string;
  readonly field: string;
  readonly rule: string;
  readonly message: string;
}

export interface Suspect {
  readonly requestId: string;
  readonly why: string;
}

export interface UnpricedCandidate {
  readonly model: string;
  calls: number;
  tokens: number;
}

/** What an import has come to so far: counts, sums, and lists that end at `most`. */
export class Tally {
  read = 0;
  recorded = 0;
  duplicates = 0;
  refused = 0;
  amountPico = 0n;
  readonly rounding = new RoundingSum();
  readonly byBasis: Record<Basis, number> = { exact: 0, estimated: 0, unknown: 0 };
  readonly skipped = Object.fromEntries(SKIPPED.map((why) => [why, 0])) as Record<Skipped, number>;
  readonly refusals: Refusal[] = [];
  readonly suspects: Suspect[] = [];
  suspectsLeftOut = 0;
  private readonly renames = new Map<string, Renamed>();
  private readonly candidates = new Map<string, UnpricedCandidate>();
  private second = '';
  private alike = new Map<string, string>();

  constructor(private readonly most: number) {}

  rename(renamed: Renamed): void {
    const key = `${renamed.field} ${renamed.as}`;
    if (this.renames.size < this.most) this.renames.set(key, renamed);
  }

  passOver(why: Skipped, row: LogRow): void {
    this.skipped[why] += 1;
    const tokens = row.totalTokens ?? 0;
    if (why !== 'free' || tokens === 0) return;
    const model = redactSecrets(modelOf(row));
    const known = this.candidates.get(model) ?? { model, calls: 0, tokens: 0 };
    known.calls += 1;
    known.tokens += tokens;
    if (this.candidates.has(model) || this.candidates.size < this.most) {
      this.candidates.set(model, known);
    }
  }

  /**
   * Rows come in the order of their starts, so that those of one second come together.
   * @param id as the ledger has it
   */
  suspect(row: LogRow, id: string): void {
    const second = row.startTime.slice(0, 19);
    if (second !== this.second) this.alike = new Map();
    this.second = second;
    const like = [row.apiKey, modelOf(row), row.totalTokens, row.spend].join('\0');
    const first = this.alike.get(like);
    if (first === undefined) this.alike.set(like, id);
    const alike = first && `key, model, tokens, cost and second are those of ${first}`;
    const why = row.callType === 'aget_responses' ? 'an answer that was fetched again' : alike;
    if (why === undefined) return;
    if (this.suspects.length < this.most) this.suspects.push({ requestId: id, why });
    else this.suspectsLeftOut += 1;
  }

  /** @param cost as LiteLLM says it */
  take(
    outcome: 'recorded' | 'duplicate',
    { basis, amountPico }: Pick<Spend, 'basis' | 'amountPico'>,
    cost: Decimal | undefined,
  ): void {
    this[outcome === 'recorded' ? 'recorded' : 'duplicates'] += 1;
    this.byBasis[basis] += 1;
    if (cost === undefined || amountPico === undefined) return;
    this.amountPico += amountPico;
    this.rounding.add(cost, amountPico);
  }

  refuse(id: string, { field, rule, message }: FieldError): void {
    this.refused += 1;
    if (this.refusals.length < this.most) this.refusals.push({ id, field, rule, message });
  }

  get renamed(): readonly Renamed[] {
    return [...this.renames.values()];
  }

  /** The models whose zero may be a price that LiteLLM did not know; those with the most tokens first. */
  get unpricedCandidates(): readonly UnpricedCandidate[] {
    return [...this.candidates.values()].sort(
      (one, other) => other.tokens - one.tokens || (one.model < other.model ? -1 : 1),
    );
  }
}
