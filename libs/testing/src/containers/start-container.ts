import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { freePort } from '../free-port';
import type { Engine } from './find-engine';
import { hasImage } from './has-image';
import { removeWithParent } from './remove-with-parent';

export interface ContainerSettings {
  readonly image: string;
  /** The port inside, published on a port of the engine's host that is known before the start. */
  readonly port: number;
  readonly environment: (published: number) => Readonly<Record<string, string>>;
}

export interface StartedContainer {
  readonly port: number;
  stop(): Promise<void>;
}

const START_MS = 60_000;
const REAPER_IMAGE = process.env['RYUK_CONTAINER_IMAGE'] ?? 'testcontainers/ryuk:0.14.0';

let reaper: Promise<boolean> | undefined;

/** Starts a container that ends with this process at the latest. @returns undefined when its image cannot be had */
export async function startContainer(
  engine: Engine,
  settings: ContainerSettings,
): Promise<StartedContainer | undefined> {
  if (!(await hasImage(engine, settings.image))) return undefined;
  reaper ??= hasImage(engine, REAPER_IMAGE);
  const hasReaper = process.env['TESTCONTAINERS_RYUK_DISABLED'] !== 'true' && (await reaper);
  if (!hasReaper) process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  const port = await freePort();
  const container = await new GenericContainer(settings.image)
    .withEnvironment({ ...settings.environment(port) })
    .withExposedPorts({ container: settings.port, host: port })
    .withStartupTimeout(START_MS)
    .start();
  return { port, stop: stopping(container, hasReaper) };
}

function stopping(container: StartedTestContainer, hasReaper: boolean): () => Promise<void> {
  const release = hasReaper ? () => undefined : removeWithParent(container.getId());
  return async () => {
    await container.stop({ timeout: 0, removeVolumes: true });
    release();
  };
}
