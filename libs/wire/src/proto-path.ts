import { resolve } from 'node:path';
import { REQUEST_LIMITS } from './request-limits';

/** Where this library's files are, also when its code is part of a bundle. */
export const WIRE_FOLDER = resolve(require.resolve('#libs/wire'), '../..');
/** The gRPC face of the ledger. */
export const PROTO_PATH = resolve(WIRE_FOLDER, 'proto/spendledger.proto');
/** All protos as a `google.protobuf.FileDescriptorSet`, for reflection: made by `npm run proto:describe`. */
const DESCRIPTORS_PATH = resolve(WIRE_FOLDER, 'descriptors.binpb');
export const PROTO_PACKAGE = 'spendledger.v1';

/** How Envoy asks and reports: trimmed copies of its protos, with its names and numbers. */
export const GATEWAY_PROTOS = {
  root: resolve(WIRE_FOLDER, 'envoy'),
  protos: [
    'envoy/service/auth/v3/external_auth.proto',
    'envoy/service/accesslog/v3/als.proto',
    'envoy/service/ext_proc/v3/external_processor.proto',
    'envoy/service/ratelimit/v3/rls.proto',
  ],
  packageNames: [
    'envoy.service.auth.v3',
    'envoy.service.accesslog.v3',
    'envoy.service.ext_proc.v3',
    'envoy.service.ratelimit.v3',
  ],
  messageBytes: REQUEST_LIMITS.gatewayMessageBytes,
} as const;

/** What a process's gRPC door needs of it. */
export const PROTO = {
  protoPath: PROTO_PATH,
  descriptorsPath: DESCRIPTORS_PATH,
  packageName: PROTO_PACKAGE,
  processes: {
    'spendledger.v1.IngestService': 'ingest',
    'spendledger.v1.BudgetAdminService': 'ingest',
    'spendledger.v1.BudgetService': 'auth',
    'envoy.service.auth.v3.Authorization': 'auth',
    'envoy.service.accesslog.v3.AccessLogService': 'auth',
    'envoy.service.ext_proc.v3.ExternalProcessor': 'auth',
    'envoy.service.ratelimit.v3.RateLimitService': 'auth',
  },
  batches: { RecordSpendBatch: REQUEST_LIMITS.batchEvents },
  plainMessageBytes: REQUEST_LIMITS.bodyBytes,
  foreign: GATEWAY_PROTOS,
} as const;
