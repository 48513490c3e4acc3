import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ImageName } from 'testcontainers';
import { PROJECT_FOLDER } from '../project-folder';
import type { Engine } from './find-engine';

const PULL_MS = 180_000;
/** A pull cannot be called off, but its process can be ended. */
const PULL = `
  const { getContainerRuntimeClient, ImageName } = require('testcontainers');
  getContainerRuntimeClient().then(({ image }) => image.pull(ImageName.fromString(process.argv[1])));
`;

/** Whether an engine has an image, after an attempt to pull one that is missing. */
export async function hasImage({ client }: Engine, image: string): Promise<boolean> {
  const name = ImageName.fromString(image);
  if (await client.image.exists(name)) return true;
  const options = { timeout: PULL_MS, killSignal: 'SIGKILL', cwd: PROJECT_FOLDER } as const;
  await promisify(execFile)(process.execPath, ['-e', PULL, image], options).catch(() => undefined);
  return client.image.exists(name);
}
