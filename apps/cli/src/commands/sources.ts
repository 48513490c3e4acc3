import { CommandRefused } from '../command-refused';
import { BINDING_USAGE, credentialCommand } from './access/credential-command';
import { make, type Step } from './access/credential-steps';
import { givenSources } from './access/given-credential';

/** What sources may report over Kafka, where the broker knows who writes. */
export const sources = credentialCommand('source', {
  summary: 'what may be reported over Kafka, by source: allow, list, revoke',
  usage: `allow --source <source> [--name <name>] [--roles <record,admin>] ${BINDING_USAGE}`,
  steps: { allow },
});

async function allow(...[given, cli, projection]: Parameters<Step>): Promise<void> {
  const { positionals, options } = given;
  const [source, ...more] = givenSources(options);
  if (source === undefined || more.length > 0) {
    throw new CommandRefused('Say which source: --source <source>, one at a time.');
  }
  // It is what is allowed, not what that is bound to.
  const own = { name: source, roles: 'record', ...options, source: undefined };
  await make({ positionals, options: own }, cli, projection, { kind: 'source', matches: source });
}
