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
  list: listOf('source'),
  revoke: revokeOf('source'),
};

/** What sources may report over Kafka, where the broker knows who writes. */
export const sources: Command = {
  summary: 'what may be reported over Kafka, by source: allow, list, revoke',
  usage: `allow --source <source> [--name <name>] [--roles <record,admin>] ${BINDING_USAGE} | list | revoke <name>`,
  options: { ...BINDING_OPTIONS, source: { type: 'string', multiple: true } },
  positionals: { least: 1, most: 2 },
  run: (given, cli) => takeStep(STEPS, given, cli),
};

async function allow(...[given, cli, { database }]: Parameters<Step>): Promise<void> {
  const { options } = given;
  const [source, ...more] = givenSources(options);
  if (source === undefined || more.length > 0) {
    throw new CommandRefused('Say which source: --source <source>, one at a time.');
  }
  const row = await keepCredential(database, {
    kind: 'source',
    name: options['name'] === undefined ? source : givenName(given),
    matches: source,
    roles: givenRoles(options, 'record'),
    bindings: givenBindings(options, []),
    by: givenBy(options),
    expiresIn: givenLifetime(options, 'expires'),
  });
  printMade(given, cli, { kind: 'source', row });
}
