import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import type { GrpcLedger } from '#libs/testing';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec names the members it expects
type Message = any;

/** What a gRPC call came to: a value, or a status with google.rpc's details taken apart. */
export interface GrpcOutcome {
  readonly code: number;
  readonly value?: Message;
  readonly reason?: string;
  readonly domain?: string;
  readonly metadata?: Record<string, string>;
  /** `[field, rule]` of each violation. */
  readonly faults: readonly (readonly [field: string, rule: string])[];
  /** All that the caller can read, for a look at what must not be in it. */
  readonly text: string;
}

const GOOGLE_RPC = protobuf.parse(`
  syntax = "proto3";
  package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message BadRequest {
    message FieldViolation { string field = 1; string description = 2; string reason = 3; }
    repeated FieldViolation field_violations = 1;
  }`).root;

export async function callGrpc(
  grpc: GrpcLedger,
  service: Parameters<GrpcLedger['call']>[0],
  method: string,
  request: object,
): Promise<GrpcOutcome> {
  try {
    return succeeded(await grpc.call(service, method, request));
  } catch (error) {
    return failed(error as ServiceError);
  }
}

/** Sends bytes in place of request messages. */
export class GrpcBytes {
  private readonly client: Client;

  constructor(address: string) {
    const options = { 'grpc.enable_retries': 0, 'grpc.max_send_message_length': -1 };
    this.client = new Client(address, credentials.createInsecure(), options);
  }

  /** @param path such as `IngestService/RecordSpend` */
  send(path: string, bytes: Uint8Array): Promise<GrpcOutcome> {
    const asIs = (raw: Buffer) => raw;
    const url = `/spendledger.v1.${path}`;
    return new Promise((resolve) => {
      this.client.makeUnaryRequest(url, asIs, asIs, Buffer.from(bytes), (error, value) => {
        resolve(error ? failed(error) : succeeded(value));
      });
    });
  }

  close(): void {
    this.client.close();
  }
}

function succeeded(value: Message): GrpcOutcome {
  const text = Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value);
  return { code: 0, value, faults: [], text };
}

function failed(error: ServiceError): GrpcOutcome {
  const [packed] = error.metadata.get('grpc-status-details-bin');
  const { details = [] } = packed ? decode('Status', packed as Buffer) : {};
  const detail = (type: string): Message => {
    const found = details.find(({ typeUrl }: Message) => typeUrl.endsWith(`google.rpc.${type}`));
    return found && decode(type, found.value);
  };
  const info = detail('ErrorInfo');
  const violations: Message[] = detail('BadRequest')?.fieldViolations ?? [];
  return {
    code: error.code,
    ...(info && { reason: info.reason, domain: info.domain, metadata: info.metadata }),
    faults: violations.map(({ field, reason }) => [field, reason] as const),
    text: JSON.stringify([error.details, error.metadata.getMap(), info, violations]),
  };
}

function decode(type: string, bytes: Uint8Array): Message {
  const found = GOOGLE_RPC.lookupType(`google.rpc.${type}`);
  return found.toObject(found.decode(bytes), { defaults: true });
}
