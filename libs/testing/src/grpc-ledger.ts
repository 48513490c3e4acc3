import { credentials, loadPackageDefinition, type Client, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { PROTO_PATH } from '#libs/wire';

type Service = 'IngestService' | 'BudgetService' | 'BudgetAdminService';
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec names the members it expects
type Message = any;

/** A client of the ledger's gRPC doors. Rejects with grpc-js's `ServiceError`. */
export class GrpcLedger {
  private readonly clients = new Map<Service, Client>();

  constructor(private readonly address: string) {}

  call(service: Service, method: string, request: object): Promise<Message> {
    const client = this.clientOf(service) as unknown as Record<string, Call>;
    return new Promise((resolve, reject) => {
      client[method]!(request, (error, response) => {
        if (error) reject(error);
        else resolve(response);
      });
    });
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }

  private clientOf(service: Service): Client {
    let client = this.clients.get(service);
    if (!client) {
      const options = {
        keepCase: true,
        longs: String,
        enums: String,
        defaults: true,
        oneofs: true,
      };
      const loaded = loadPackageDefinition(loadSync(PROTO_PATH, options)) as Message;
      client = new loaded.spendledger.v1[service](
        this.address,
        credentials.createInsecure(),
      ) as Client;
      this.clients.set(service, client);
    }
    return client;
  }
}

type Call = (
  request: object,
  done: (error: ServiceError | null, response: Message) => void,
) => void;
