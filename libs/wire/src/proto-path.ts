import { resolve } from 'node:path';
import { REQUEST_LIMITS } from './request-limits';

/** The gRPC face of the ledger. */
export const PROTO_PATH = resolve(__dirname, '../proto/spendledger.proto');
/** The same as a `google.protobuf.FileDescriptorSet`, for reflection: made by `npm run proto:describe`. */
const PROTO_DESCRIPTORS_PATH = resolve(__dirname, '../proto/spendledger.binpb');
export const PROTO_PACKAGE = 'spendledger.v1';

/** What a process's gRPC door needs of it. */
export const PROTO = {
  protoPath: PROTO_PATH,
  descriptorsPath: PROTO_DESCRIPTORS_PATH,
  packageName: PROTO_PACKAGE,
  processes: {
    'spendledger.v1.IngestService': 'ingest',
    'spendledger.v1.BudgetAdminService': 'ingest',
    'spendledger.v1.BudgetService': 'auth',
  },
  batches: { RecordSpendBatch: REQUEST_LIMITS.batchEvents },
  plainMessageBytes: REQUEST_LIMITS.bodyBytes,
} as const;
