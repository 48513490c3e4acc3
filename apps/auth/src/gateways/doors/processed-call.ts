import type { CallBody, CallFacts } from '#libs/gateways';
import { Problem } from '#libs/runtime';
import { joinedHeaders, metadataAt } from './envoy-messages';
import type { ProcessingRequest } from './ext-proc-messages';
import type { Headers } from './upstream-headers';

/** What Envoy will send of a call and of its answer. */
export interface ProcessedCall {
  readonly headers: Headers;
  /** The body follows, and the headers go to the upstream after it. */
  readonly bodyFollows: boolean;
  /** Envoy passes a body that is too large for it in part. */
  readonly mayBeCut: boolean;
  /** The answer comes through this door, too. */
  readonly answerFollows: boolean;
  readonly facts: (body: CallBody | undefined) => CallFacts;
}

/** @throws Problem `invalid` for a filter that is configured for what this door does not do */
export function readProcessedCall(first: ProcessingRequest | undefined): ProcessedCall {
  const message = first?.request_headers;
  if (!message) throw misconfigured('processing_mode.request_header_mode', 'must be SEND');
  if (first?.observability_mode) throw misconfigured('observability_mode', 'must be false');
  const { request_body_mode: asked = 'NONE', response_body_mode: answered = 'NONE' } =
    first?.protocol_config ?? {};
  for (const [name, mode] of Object.entries({ request: asked, response: answered })) {
    if (!MODES.has(mode)) throw misconfigured(`processing_mode.${name}_body_mode`, NO_DUPLEX);
  }
  const headers = joinedHeaders(message.headers?.headers ?? []);
  return {
    headers,
    // What is streamed reaches the upstream behind headers that nobody can change any more.
    bodyFollows: !message.end_of_stream && asked.startsWith('BUFFERED'),
    mayBeCut: asked === 'BUFFERED_PARTIAL',
    answerFollows: answered !== 'NONE',
    facts: (body) => ({
      method: headers[':method'] ?? '',
      path: headers[':path'] ?? '',
      body,
      header: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
      context: () => undefined,
      metadata: (namespace, path) => metadataAt(first?.metadata_context, namespace, path),
      descriptor: () => undefined,
    }),
  };
}

const MODES = new Set(['NONE', 'STREAMED', 'BUFFERED', 'BUFFERED_PARTIAL']);
const NO_DUPLEX = 'must be NONE, STREAMED, BUFFERED or BUFFERED_PARTIAL';

function misconfigured(field: string, message: string): Problem {
  return new Problem('invalid', `The filter's ${field} ${message}.`, {
    errors: [{ field, rule: 'one_of', message }],
  });
}
