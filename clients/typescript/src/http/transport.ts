import { LedgerUnavailable, type ApiError } from '../errors.js';
import type { Machine } from '../machine.js';
import { hideToken, hideTokenIn, tokenOf, WrongToken, type Token } from '../token.js';
import { traceHeaders, type Trace } from '../trace.js';
import { isObject, type Fits } from './answers.js';
import { TimedOut, withDeadline, type Deadline } from './deadline.js';
import { errorOf, isProblem } from './error-of.js';
import type { Answer } from '../types.js';
import { isTransient, readRetryAfter, retryDelay, type Failure, type RetryRule } from './retry.js';
import { userAgent } from './user-agent.js';

/** What one attempt needs to know. */
export interface Attempt extends Deadline {
  readonly method: string;
  /** From `/v1` on, with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly trace?: Trace | undefined;
  /** What the answer must have. */
  readonly fits: Fits;
}

/** Its body as it is sent. */
type Printed = Omit<Attempt, 'body'> & { readonly body: string | undefined };

/** What may be sent several times. */
export type Request = Attempt & RetryRule;

export type Outcome =
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** The ledger understood it, and refuses it. */
  | { readonly kind: 'refused'; readonly error: ApiError; readonly answer: Answer }
  /** Nobody can say whether the ledger did it, or it is the token that it refuses. */
  | (Failure & {
      readonly kind: 'failed';
      readonly error: ApiError | LedgerUnavailable;
      /** Absent: there was none. */
      readonly answer?: Answer;
    });

export interface TransportSettings {
  readonly url: string;
  readonly ingestUrl: string;
  readonly token: Token;
  readonly fetch: typeof globalThis.fetch;
  readonly debug: (line: string) => void;
}

/** Sends requests, and says what their answers mean. */
export class Transport {
  constructor(
    private readonly settings: TransportSettings,
    private readonly machine: Machine,
  ) {}

  /** Sends it, and again as the rules allow. @throws ApiError, LedgerUnavailable; TypeError for a body that is no JSON */
  async send<T = unknown>(request: Request): Promise<Answer<T>> {
    const outcome = await this.persist(request);
    if (outcome.kind !== 'answered') throw outcome.error;
    return outcome.answer as Answer<T>;
  }

  /**
   * Sends it, and again as the rules allow.
   * @param onFailure is told of each failure after which it is sent again
   * @returns how the last attempt ended
   */
  async persist(request: Request, onFailure?: (failure: Failure) => void): Promise<Outcome> {
    for (let tried = 0; ; tried += 1) {
      const outcome = await this.attempt(request);
      if (outcome.kind !== 'failed') return outcome;
      const delay = retryDelay(outcome, tried, request, this.machine.random());
      if (delay === undefined) return outcome;
      onFailure?.(outcome);
      await this.machine.sleep(delay, request.signal);
    }
  }

  /** Sends it once. @throws what the caller's signal says; TypeError for a body that is no JSON */
  async attempt({ body, ...asked }: Attempt): Promise<Outcome> {
    const request: Printed = { ...asked, body: body === undefined ? body : JSON.stringify(body) };
    const begun = this.machine.elapsed();
    const log = (what: string) => {
      const duration = Math.round(this.machine.elapsed() - begun);
      this.settings.debug(`${request.method} ${request.path}: ${what} after ${duration} ms`);
    };
    try {
      const answer = await withDeadline(request, this.machine, (signal) =>
        this.exchange(request, signal),
      );
      const outcome = this.judge(answer, request.fits);
      log(`${answer.status} ${outcome.kind}`);
      return outcome;
    } catch (error) {
      request.signal?.throwIfAborted();
      log(error instanceof Error ? error.name : 'failed');
      return this.unanswered(error, request);
    }
  }

  private async exchange(request: Printed, signal: AbortSignal): Promise<Answer> {
    const credential = await tokenOf(this.settings);
    signal.throwIfAborted();
    try {
      const response = await this.fetch(request, credential, signal);
      const { status, headers } = response;
      const text = await response.text();
      return { status, headers, body: parsed(text, status < 300 ? undefined : credential) };
    } catch (error) {
      hideTokenIn(error, credential);
      throw error;
    }
  }

  private fetch(
    request: Printed,
    credential: string | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    const { fetch, url, ingestUrl } = this.settings;
    const { method, path, body, headers, trace } = request;
    return fetch(`${isForIngest(request) ? ingestUrl : url}${path}`, {
      method,
      // A redirect would turn a POST into a GET.
      redirect: 'manual',
      signal,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent(),
        ...traceHeaders(trace),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
  }

  private judge(answer: Answer, fits: Fits): Outcome {
    const { status, headers, body } = answer;
    if (status >= 200 && status < 300) {
      if (fits(body)) return { kind: 'answered', answer };
      const message = `The answer with status ${status} is not the ledger's: look for a proxy before it.`;
      const error = new LedgerUnavailable(message, { status });
      return { kind: 'failed', error, mayRetry: true, answer };
    }
    const error = errorOf(status, body, headers.get('x-request-id') ?? undefined);
    const advice = headers.get('x-should-retry');
    const isBudget = isObject(body) && body['code'] === 'budget_exceeded';
    const mayRetry = !isBudget && (advice === null ? isTransient(status) : advice === 'true');
    // A token says nothing about the request: that counts with another one.
    const isFinal = isProblem(body) && !mayRetry && body.code !== 'unauthenticated';
    if (isFinal && !(error instanceof LedgerUnavailable) && status < 500) {
      return { kind: 'refused', error, answer };
    }
    const retryAfter = readRetryAfter(headers.get('retry-after'), this.machine.now());
    return { kind: 'failed', error, mayRetry, retryAfter, answer };
  }

  private unanswered(cause: unknown, { method, path }: Printed): Outcome {
    const isTimeout = cause instanceof TimedOut;
    const door = `${method} ${path.split('?')[0]}`;
    const message =
      cause instanceof WrongToken
        ? `${door} was not sent: ${cause.message}. See what the option token gives.`
        : `The ledger did not answer ${door}: ${isTimeout ? cause.message : 'no connection'}. See that it runs, and that the url is right.`;
    const error = new LedgerUnavailable(message, { cause });
    return { kind: 'failed', error, mayRetry: true, isTimeout };
  }
}

/** Where ingest is a process of its own, it alone serves these. */
function isForIngest({ method, path }: Printed): boolean {
  return method !== 'GET' && /^\/v1\/(events|budgets|windows)\b/.test(path);
}

function parsed(text: string, token: string | undefined): unknown {
  const hidden = (_: string, value: unknown) =>
    typeof value === 'string' ? hideToken(value, token) : value;
  try {
    return JSON.parse(text, token === undefined ? undefined : hidden) as unknown;
  } catch {
    return hideToken(text, token);
  }
}
