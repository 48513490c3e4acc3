import { execFile } from 'node:child_process';

/** Whom a process runs as, when it must not run as we do. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The environment of everything we start: nothing of the caller's, so that no PG* or LD_* variable
 * of his reaches Postgres, and its messages are in English.
 */
export const COMMAND_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Runs a program to its end. A program that is missing, or may not be run so, counts as failed. */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: { readonly account?: Account | undefined; readonly timeoutMs?: number } = {},
): Promise<{ readonly ok: boolean; readonly output: string }> {
  return await new Promise((resolve) => {
    const settings = {
      ...options.account,
      timeout: options.timeoutMs ?? 10_000,
      env: COMMAND_ENVIRONMENT,
      cwd: '/',
      encoding: 'utf8',
    } as const;
    const finished = (error: Error | null, stdout: string, stderr: string): void => {
      const output = `${stdout}${stderr}`.trim();
      resolve({ ok: error === null, output: output || (error?.message ?? '') });
    };
    try {
      execFile(file, args, settings, finished);
    } catch (error) {
      resolve({ ok: false, output: error instanceof Error ? error.message : String(error) });
    }
  });
}

/** Whether the account can enter the folder; tried by the kernel, so that ACLs count as well. */
export async function canEnter(folder: string, account: Account | undefined): Promise<boolean> {
  const args = ['-c', 'test -x "$1"', 'sh', folder];
  return (await runCommand('/bin/sh', args, { account })).ok;
}
