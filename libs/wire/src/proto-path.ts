import { resolve } from 'node:path';

/** The gRPC face of the ledger, and the name of its package. */
export const PROTO_PATH = resolve(__dirname, '../proto/spendledger.proto');
export const PROTO_PACKAGE = 'spendledger.v1';
