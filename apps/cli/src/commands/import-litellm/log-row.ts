/** A row of `LiteLLM_SpendLogs`, as far as an event needs it. Absent columns of older versions are null. */
export interface LogRow {
  readonly requestId: string;
  /** As Postgres prints a `timestamp(3)` of UTC. */
  readonly startTime: string;
  readonly endTime: string;
  /** The double's shortest decimal, or `NaN`. */
  readonly spend: string;
  readonly apiKey: string | null;
  readonly teamId: string | null;
  readonly userId: string | null;
  readonly modelGroup: string | null;
  readonly model: string | null;
  readonly provider: string | null;
  readonly callType: string | null;
  readonly status: string | null;
  readonly cacheHit: string | null;
  readonly totalTokens: number | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly callId: string | null;
  readonly endUser: string | null;
  readonly keyAlias: string | null;
  /** JSON text. */
  readonly tags: string | null;
  /** One for each source of a label, in order; of a tag always null. */
  readonly labelTexts: readonly (string | null)[];
  /** LiteLLM itself reckoned what the call cost: a billed retry, or a client that left. */
  readonly isReckoned: boolean;
  /** The version of the price list that the row has knows no price of its model. */
  readonly isUnpriced: boolean;
  /** A gateway's hook has reported the call as it happened. */
  readonly isLive: boolean;
}

/** What callers asked for. */
export function modelOf({ modelGroup, model }: LogRow): string {
  return modelGroup !== null && modelGroup !== '' ? modelGroup : (model ?? '');
}
