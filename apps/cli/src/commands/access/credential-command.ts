import type { CredentialKind } from '#libs/access';
import type { Command } from '../../command';
import { stepOf } from '../../step-of';
import { listOf, revokeOf, type Step } from './credential-steps';

const OPTIONS = {
  name: { type: 'string' },
  roles: { type: 'string' },
  // What it is bound to; each may stand several times.
  team: { type: 'string', multiple: true },
  user: { type: 'string', multiple: true },
  key: { type: 'string', multiple: true },
  account: { type: 'string', multiple: true },
  source: { type: 'string', multiple: true },
  expires: { type: 'string' },
  by: { type: 'string' },
} as const;

export const BINDING_USAGE =
  '[--team <id>]… [--user <id>]… [--key <id>]… [--account <account>]… [--expires <P90D>]';

/** A command about one kind of credentials, whatever makes them; listing and revoking is the same for all. */
export function credentialCommand(
  kind: CredentialKind,
  own: Pick<Command, 'summary' | 'usage' | 'options'> & {
    readonly steps: Readonly<Record<string, Step>>;
  },
): Command {
  const steps = { ...own.steps, list: listOf(kind), revoke: revokeOf(kind) };
  return {
    summary: own.summary,
    usage: `${own.usage} | list | revoke <name>`,
    options: { ...OPTIONS, ...own.options },
    positionals: { least: 1, most: 2 },
    async run(given, cli) {
      await stepOf(steps, given)(given, cli, await cli.projection());
      return 0;
    },
  };
}
