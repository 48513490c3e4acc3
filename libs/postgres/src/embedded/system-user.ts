import { stat } from 'node:fs/promises';
import { unlessMissing } from './error-code';
import { type Account, runCommand } from './run-command';

const OWN_USER = 'spend-ledger';

/**
 * Whom Postgres runs as: it refuses to run as root. Undefined for an ordinary user, who runs it as
 * himself; as root the owner of the existing cluster, else the user `postgres`, else one we create.
 */
export async function chooseAccount(clusterLink: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const account =
    (await ownerOf(clusterLink)) ??
    (await lookUp('postgres')) ??
    (await lookUp(OWN_USER)) ??
    (await createOwnUser());
  const trial = await runCommand('/bin/sh', ['-c', 'exit 0'], { account });
  if (!trial.ok) {
    throw new Error(
      `Postgres refuses to run as root, and this process may not become user ${account.uid} ` +
        `(${trial.output}): run the ledger as an ordinary user.`,
    );
  }
  return account;
}

async function ownerOf(path: string): Promise<Account | undefined> {
  const found = await unlessMissing(stat(path));
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
}

async function lookUp(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([
    runCommand('id', ['-u', name]),
    runCommand('id', ['-g', name]),
  ]);
  return uid.ok && gid.ok ? { uid: Number(uid.output), gid: Number(gid.output) } : undefined;
}

async function createOwnUser(): Promise<Account> {
  const ways = [
    ['useradd', '--system', '--no-create-home', OWN_USER],
    // BusyBox has no useradd, and its adduser other options.
    ['adduser', '-S', '-D', '-H', OWN_USER],
  ] as const;
  for (const [command, ...args] of ways) {
    await runCommand(command, args);
    const account = await lookUp(OWN_USER);
    if (account !== undefined) return account;
  }
  throw new Error(
    `Postgres refuses to run as root, and neither useradd nor adduser could create the user ` +
      `${OWN_USER}: run the ledger as an ordinary user, or create that user.`,
  );
}
