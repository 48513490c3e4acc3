import { spawn } from 'node:child_process';
import { PROJECT_FOLDER } from '../project-folder';

/** Waits for the end of its input, and loads what it needs only then. */
const GUARD = `
  process.stdin.resume().on('end', async () => {
    const { container } = await require('testcontainers').getContainerRuntimeClient();
    const left = container.getById(process.argv[1]);
    await left.remove({ force: true, v: true });
  });
`;

/** Removes a container when this process ends, be it by kill -9. @returns what calls that off */
export function removeWithParent(containerId: string): () => void {
  const guard = spawn(process.execPath, ['-e', GUARD, containerId], {
    cwd: PROJECT_FOLDER,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  (guard.stdin as unknown as { unref(): void }).unref();
  return () => void guard.kill('SIGKILL');
}
