import type { CallFacts } from './call-facts';

interface GivenCall {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly context?: Readonly<Record<string, string>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly isCut?: boolean;
}

/** A call as a door would know it; a body that is no text is sent as JSON. */
export function callOf({
  method = 'POST',
  path = '/v1/chat/completions',
  headers = {},
  context = {},
  claims = {},
  body,
  isCut = false,
}: GivenCall): CallFacts {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    ...{ method, path },
    header: (name) => headers[name],
    context: (name) => context[name],
    metadata: (namespace, [first = '', ...rest]) => {
      let value = namespace === 'envoy.filters.http.jwt_authn' ? claims[first] : undefined;
      for (const name of rest) value = (value as Record<string, unknown> | undefined)?.[name];
      return value;
    },
    descriptor: () => undefined,
    body: text === undefined ? undefined : { bytes: Buffer.from(text), isCut },
  };
}
