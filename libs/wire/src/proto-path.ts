import { resolve } from 'node:path';

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
} as const;
