import { webhookHeaders, type SignedContent } from './sign-webhook';
import type { WebhookSettings } from './webhook-settings';

export type PostOutcome =
  | { readonly outcome: 'delivered' }
  /** `gone`: the receiver wants no more of it. The text names no address and no secret. */
  | { readonly outcome: 'failed' | 'gone' | 'interrupted'; readonly failure: string };

/** One attempt; it never rejects. @param interrupted ends it before its time */
export async function postWebhook(
  { url, authorization, secrets }: WebhookSettings,
  content: SignedContent,
  timeoutMs: number,
  interrupted: AbortSignal,
): Promise<PostOutcome> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'spend-ledger',
        ...(authorization !== undefined && { authorization }),
        ...webhookHeaders(content, secrets),
      },
      body: content.body,
      redirect: 'manual',
      signal: AbortSignal.any([late, interrupted]),
    });
    // What it says besides its status is of no interest, and may never end.
    await response.body?.cancel().catch(() => undefined);
    return judge(response.status);
  } catch (error) {
    if (interrupted.aborted) return { outcome: 'interrupted', failure: 'cut off by a shutdown' };
    const failure = late.aborted ? `no answer within ${timeoutMs} ms` : failureOf(error);
    return { outcome: 'failed', failure };
  }
}

function judge(status: number): PostOutcome {
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  const redirects = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  return { outcome: status === 410 ? 'gone' : 'failed', failure: `answered ${status}${redirects}` };
}

/** Only the code: messages of the network may name the address. */
function failureOf(error: unknown): string {
  const { code = 'unknown' } = ((error as Error).cause ?? {}) as { readonly code?: string };
  return `could not be reached (${code})`;
}
