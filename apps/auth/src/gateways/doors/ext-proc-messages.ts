import type { StructMessage } from '#libs/wire';
import type { Denial } from '../denial';
import {
  headerOptions,
  type HeaderOptionMessage,
  type HeaderValueMessage,
  type MetadataMessage,
} from './envoy-messages';

/** `envoy.service.ext_proc.v3.ProcessingRequest`, as far as it is read; one of the first six is there. */
export interface ProcessingRequest {
  readonly request_headers?: HeadersMessage | null;
  readonly response_headers?: HeadersMessage | null;
  readonly request_body?: BodyMessage | null;
  readonly response_body?: BodyMessage | null;
  readonly request_trailers?: object | null;
  readonly response_trailers?: object | null;
  readonly metadata_context?: MetadataMessage | null;
  readonly attributes?: Readonly<Record<string, StructMessage>>;
  readonly observability_mode: boolean;
  /** In the first message alone. */
  readonly protocol_config?: {
    readonly request_body_mode: string;
    readonly response_body_mode: string;
  } | null;
}

interface HeadersMessage {
  readonly headers?: { readonly headers?: readonly HeaderValueMessage[] } | null;
  /** There is no body. */
  readonly end_of_stream: boolean;
}

interface BodyMessage {
  readonly body: Buffer;
  readonly end_of_stream: boolean;
}

/** Of a call or of its answer. */
export type Part = 'headers' | 'body' | 'trailers';

/** `envoy.service.ext_proc.v3.ProcessingResponse`. */
export type ProcessingResponse = Readonly<Record<string, unknown>>;

export interface Changes {
  readonly set?: readonly HeaderOptionMessage[];
  readonly removed?: readonly string[];
  /** In place of what came. */
  readonly body?: Buffer;
}

/** Lets a part go on, changed or not. */
export function goOn(
  of: 'request' | 'response',
  part: Part,
  { set = [], removed = [], body }: Changes = {},
): ProcessingResponse {
  const header_mutation = { set_headers: inBytes(set), remove_headers: removed };
  if (part === 'trailers') return { [`${of}_trailers`]: {} };
  const response = { header_mutation, ...(body !== undefined && { body_mutation: { body } }) };
  return { [`${of}_${part}`]: { response } };
}

/** Answers the client in place of the upstream. */
export function answerNow(denial: Denial): ProcessingResponse {
  const { status, headers, body, grpcStatus, code } = denial;
  return {
    immediate_response: {
      status: { code: status },
      headers: { set_headers: inBytes(headerOptions(headers)) },
      body: Buffer.from(body),
      grpc_status: { status: grpcStatus },
      details: `spend_ledger_${code}`,
    },
  };
}

/** Of a header that this filter sets, Envoy reads the bytes alone. */
function inBytes(options: readonly HeaderOptionMessage[]): readonly object[] {
  return options.map(({ header: { key, value }, ...option }) => ({
    ...option,
    header: { key, raw_value: Buffer.from(value) },
  }));
}

/** The namespace of dynamic metadata that Envoy has to let in: `receiving_namespaces`. */
const NAMESPACE = 'spend_ledger';

export const leave = (metadata: StructMessage): ProcessingResponse => ({
  dynamic_metadata: {
    fields: { [NAMESPACE]: { kind: 'structValue', structValue: metadata } },
  },
});
