import { ServerCredentials } from '@grpc/grpc-js';
import { type DoorCertificates } from './door-certificates';

/** grpc-js' own credentials can be either reloaded or asked of callers without being required, not both. */
export class GrpcCredentials extends ServerCredentials {
  constructor(certificates: DoorCertificates) {
    super(certificates.serverOptions, certificates.context);
    certificates.onChange((context) => this.updateSecureContextOptions(context));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
