import { createHmac } from 'node:crypto';

/** What is sent, and what says which message it is and when it was sent. */
export interface SignedContent {
  readonly id: string;
  readonly timestampSeconds: number;
  readonly body: string;
}

/**
 * The headers of Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks. Its own package brings an
 * HMAC and a base64 of its own, which Node has; the specs hold this against it.
 */
export function webhookHeaders(
  { id, timestampSeconds, body }: SignedContent,
  secrets: readonly Buffer[],
): Record<string, string> {
  const content = `${id}.${timestampSeconds}.${body}`;
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(content).digest('base64')}`,
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatures.join(' '),
  };
}
