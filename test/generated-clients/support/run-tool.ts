import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const RUN_MS_MAX = 600_000;

interface Surroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program of the machine. @returns what it printed
 * @throws Error with all it said, when it fails
 */
export async function runTool(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: Surroundings = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      ...(cwd !== undefined && { cwd }),
      env: { ...process.env, ...env },
      maxBuffer: OUTPUT_BYTES_MAX,
      timeout: RUN_MS_MAX,
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} failed:\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`, {
      cause: error,
    });
  }
}
