import { type Server } from '@grpc/grpc-js';
import { type PackageDefinition } from '@grpc/proto-loader';
import { HealthImplementation } from 'grpc-health-check';

/** gRPC's own health service: one answer for the process and for each of its services. */
export class GrpcHealth {
  private readonly implementation = new HealthImplementation({ '': 'NOT_SERVING' });
  private readonly names = [''];
  private serving = false;

  addTo(server: Server, definition: PackageDefinition): void {
    for (const [name, entry] of Object.entries(definition)) {
      if (!('format' in entry)) this.names.push(name);
    }
    this.tell();
    this.implementation.addToServer(server);
  }

  setServing(serving: boolean): void {
    if (serving === this.serving) return;
    this.serving = serving;
    this.tell();
  }

  private tell(): void {
    const status = this.serving ? 'SERVING' : 'NOT_SERVING';
    for (const name of this.names) this.implementation.setStatus(name, status);
  }
}
