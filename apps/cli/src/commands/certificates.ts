import { subjectName } from '#libs/runtime';
import type { Command } from '../command';
import { CommandRefused } from '../command-refused';
import { givenBy } from '../given-by';
import { keepCredential, listOf, revokeOf, takeStep, type Step } from './access/credential-steps';
import {
  BINDING_OPTIONS,
  BINDING_USAGE,
  givenBindings,
  givenLifetime,
  givenName,
  givenRoles,
  givenSources,
} from './access/given-credential';
import { printMade } from './access/print-credential';

const STEPS: Readonly<Record<string, Step>> = {
  allow,
  list: listOf('certificate'),
  revoke: revokeOf('certificate'),
};
const SAN = /^(DNS|URI|IP|email):(\S+)$/;

/** Certificates of callers, by a name in them. */
export const certificates: Command = {
  summary: 'client certificates, by a name in them: allow, list, revoke',
  usage: `allow --name <name> --san <DNS:gateway.internal | URI:spiffe://…> --roles <record,check,admin,audit,ops> ${BINDING_USAGE} [--source <source>]… | list | revoke <name>`,
  options: {
    ...BINDING_OPTIONS,
    source: { type: 'string', multiple: true },
    san: { type: 'string' },
  },
  positionals: { least: 1, most: 2 },
  run: (given, cli) => takeStep(STEPS, given, cli),
};

async function allow(...[given, cli, { database }]: Parameters<Step>): Promise<void> {
  const { options } = given;
  const [, kind, value] = SAN.exec(String(options['san'] ?? '')) ?? [];
  const san = kind && value && subjectName(kind, value);
  if (!san) {
    throw new CommandRefused(
      '--san must be a name as it stands in the certificate: DNS:gateway.internal, URI:spiffe://example.org/gateway, IP:10.0.0.1 or email:gateway@example.org.',
    );
  }
  const row = await keepCredential(database, {
    kind: 'certificate',
    name: givenName(given),
    matches: san,
    roles: givenRoles(options),
    bindings: givenBindings(options, givenSources(options)),
    by: givenBy(options),
    expiresIn: givenLifetime(options, 'expires'),
  });
  printMade(given, cli, { kind: 'certificate', row });
}
