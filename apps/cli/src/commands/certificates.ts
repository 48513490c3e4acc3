import { subjectName } from '#libs/runtime';
import { CommandRefused } from '../command-refused';
import { BINDING_USAGE, credentialCommand } from './access/credential-command';
import { make, type Step } from './access/credential-steps';

const SAN = /^(DNS|URI|IP|email):(\S+)$/;

/** Certificates of callers, by a name in them. */
export const certificates = credentialCommand('certificate', {
  summary: 'client certificates, by a name in them: allow, list, revoke',
  usage: `allow --name <name> --san <DNS:gateway.internal | URI:spiffe://…> --roles <record,check,admin,audit,ops> ${BINDING_USAGE} [--source <source>]…`,
  options: { san: { type: 'string' } },
  steps: { allow },
});

async function allow(...[given, cli, projection]: Parameters<Step>): Promise<void> {
  const [, kind, value] = SAN.exec(String(given.options['san'] ?? '')) ?? [];
  const san = kind && value && subjectName(kind, value);
  if (!san) {
    throw new CommandRefused(
      '--san must be a name as it stands in the certificate: DNS:gateway.internal, URI:spiffe://example.org/gateway, IP:10.0.0.1 or email:gateway@example.org.',
    );
  }
  await make(given, cli, projection, { kind: 'certificate', matches: san });
}
