import {
  hashToken,
  insertCredential,
  makeToken,
  UNBOUND,
  type Bindings,
  type Role,
} from '#libs/access';
import type { Database } from '#libs/postgres';
import { ledgerCommand, type CommandResult } from '#libs/testing';

type Env = Readonly<Record<string, string>>;

/** Makes a token as an operator does. @returns the token */
export async function createToken(
  env: Env,
  name: string,
  roles: string,
  ...options: string[]
): Promise<string> {
  const args = ['--name', name, '--roles', roles, ...options];
  return ((await accessCommand(env, 'tokens', 'create', ...args)) as { token: string }).token;
}

/** Runs a command about access with `--json`. @throws Error if it was refused */
export async function accessCommand(env: Env, ...args: string[]): Promise<unknown> {
  const result = await ledgerCommand(env, ...args, '--json');
  if (result.status !== 0) throw new Error(`${args.join(' ')}: ${result.stderr}`);
  return JSON.parse(result.stdout) as unknown;
}

export const refusedCommand = (env: Env, ...args: string[]): Promise<CommandResult> =>
  ledgerCommand(env, ...args);

/** Makes a token without a process of its own for it. @returns the token */
export async function keepToken(
  { kysely }: Database,
  name: string,
  roles: readonly Role[],
  bound: Partial<Bindings> = {},
): Promise<string> {
  const token = makeToken();
  await insertCredential(kysely, {
    kind: 'token',
    name,
    roles,
    bindings: { ...UNBOUND, ...bound },
    matches: hashToken(token),
    by: 'test',
    expiresIn: undefined,
  });
  return token;
}
