import { type TreeLimits } from '#libs/json';
import { redactSecrets, secretFaults, type FieldError } from '#libs/ledger';

/** The sizes of docs/limits.md, in bytes, levels and entries. */
export const REQUEST_LIMITS = {
  eventBytes: 64 * 1024,
  batchBytes: 16 * 1024 * 1024,
  batchEvents: 1000,
  /** Of any body but a batch of events, and of any gRPC message but that and a gateway's. */
  bodyBytes: 256 * 1024,
  /** Of a message of a gateway's: it may hold a whole request body, as large as docs/gateways/ lets Envoy buffer. */
  gatewayMessageBytes: 34 * 1024 * 1024,
  depth: 32,
} as const;

/** How a door reads a JSON body: at most 32 levels, and no secrets in whichever member. */
export const JSON_BODY: TreeLimits & {
  readonly faultsOf: (tree: unknown) => FieldError[];
  readonly maxBytes: number;
} = {
  maxDepth: REQUEST_LIMITS.depth,
  maxBytes: REQUEST_LIMITS.bodyBytes,
  redact: redactSecrets,
  faultsOf: (tree) => secretFaults(tree, ''),
};
