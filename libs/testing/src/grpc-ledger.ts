import {
  credentials,
  loadPackageDefinition,
  Metadata,
  type Client,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath as HEALTH_PROTO_PATH } from 'grpc-health-check';
import { PROTO_PATH } from '#libs/wire';

type Service = 'IngestService' | 'BudgetService' | 'BudgetAdminService' | 'Health';
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec names the members it expects
type Message = any;

/** A client of the ledger's gRPC doors. Rejects with grpc-js's `ServiceError`. */
export class GrpcLedger {
  private readonly clients = new Map<Service, Client>();

  constructor(
    private readonly address: string,
    private readonly token?: string,
  ) {}

  /** The same doors, with a bearer token; close it, too. */
  as(token: string): GrpcLedger {
    return new GrpcLedger(this.address, token);
  }

  call(service: Service, method: string, request: object): Promise<Message> {
    const client = this.clientOf(service) as unknown as Record<string, Call>;
    const metadata = new Metadata();
    if (this.token !== undefined) metadata.set('authorization', `Bearer ${this.token}`);
    return new Promise((resolve, reject) => {
      client[method]!(request, metadata, (error, response) => {
        if (error) reject(error);
        else resolve(response);
      });
    });
  }

  /** What the health service says about one service, or about the process. */
  async isServing(service = ''): Promise<boolean> {
    const { status } = await this.call('Health', 'Check', { service });
    return status === 'SERVING';
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }

  private clientOf(service: Service): Client {
    let client = this.clients.get(service);
    if (!client) {
      client = new (serviceOf(service))(this.address, credentials.createInsecure()) as Client;
      this.clients.set(service, client);
    }
    return client;
  }
}

function serviceOf(service: Service): Message {
  if (service === 'Health') return load(HEALTH_PROTO_PATH).grpc.health.v1.Health;
  return load(PROTO_PATH).spendledger.v1[service];
}

function load(path: string): Message {
  const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };
  return loadPackageDefinition(loadSync(path, options));
}

type Call = (
  request: object,
  metadata: Metadata,
  done: (error: ServiceError | null, response: Message) => void,
) => void;
