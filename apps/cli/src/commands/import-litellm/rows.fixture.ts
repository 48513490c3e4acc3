import type { LogRow } from './log-row';

/** A row that cost something, of alice's own key; any column may be another. */
export function logRow(columns: Partial<LogRow> = {}): LogRow {
  return {
    requestId: 'chatcmpl-1',
    startTime: '2026-11-30 03:57:40.288',
    endTime: '2026-11-30 03:57:41',
    spend: '7.5e-05',
    apiKey: 'k1',
    teamId: null,
    userId: 'alice',
    modelGroup: 'mini',
    model: 'openai/mini-up',
    provider: 'openai',
    callType: 'acompletion',
    status: 'success',
    cacheHit: 'None',
    totalTokens: 20,
    promptTokens: 12,
    completionTokens: 8,
    callId: 'call-1',
    endUser: 'cust-1',
    keyAlias: 'alice-own',
    tags: '[]',
    labelTexts: [],
    isReckoned: false,
    isUnpriced: false,
    isLive: false,
    ...columns,
  };
}
