/** The operator's receiver of warnings. */
export interface WebhookEndpoint {
  /** Without user and password. */
  readonly url: string;
  /** What the address had of them, as a header. */
  readonly authorization: string | undefined;
}

export interface WebhookSettings extends WebhookEndpoint {
  /** Each signs; while one takes another's place there are two. */
  readonly secrets: readonly Buffer[];
  /** How long one attempt may take. */
  readonly timeoutMs: number;
  readonly firstRetryMs: number;
  /** Each wait is twice the one before it, up to this. */
  readonly longestRetryMs: number;
  /** How long after it was kept a warning is tried for. */
  readonly giveUpAfterMs: number;
  /** Most attempts at once. */
  readonly concurrency: number;
  /** How often it looks for what is due. */
  readonly pollMs: number;
  /** How long it waits after the database failed. */
  readonly failureMs: number;
}

const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;
const SECRET_PREFIX = 'whsec_';
const MOST_SECRETS = 8;

/** @returns undefined for what is no address of an HTTP receiver */
export function parseWebhookUrl(text: string): WebhookEndpoint | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined;
  const credentials = credentialsOf(url);
  if (credentials === undefined) return undefined;
  url.username = '';
  url.password = '';
  url.hash = '';
  const authorization =
    credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
  return { url: url.href, authorization };
}

/** One secret or several, separated by spaces: `whsec_` and 24 to 64 bytes in base64 (Standard Webhooks). */
export function parseWebhookSecrets(text: string): readonly Buffer[] | undefined {
  const secrets = text.split(/\s+/).map(parseSecret);
  const all = secrets.filter((secret) => secret !== undefined);
  return all.length === secrets.length && all.length <= MOST_SECRETS ? all : undefined;
}

function parseSecret(text: string): Buffer | undefined {
  const encoded = text.startsWith(SECRET_PREFIX) ? text.slice(SECRET_PREFIX.length) : '';
  const secret = Buffer.from(encoded, 'base64');
  const isBase64 = secret.toString('base64').replace(/=+$/, '') === encoded.replace(/=+$/, '');
  const isLong = secret.length >= SECRET_BYTES_MIN && secret.length <= SECRET_BYTES_MAX;
  return isBase64 && isLong ? secret : undefined;
}

/** @returns undefined for a broken percent escape */
function credentialsOf({ username, password }: URL): string | undefined {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return undefined;
  }
}
