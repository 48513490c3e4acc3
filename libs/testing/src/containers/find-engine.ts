import type { ContainerRuntimeClient } from 'testcontainers';
import { within } from './within';

const ANSWER_MS = 10_000;

/** Where containers can be started. */
export interface Engine {
  readonly client: ContainerRuntimeClient;
  /** Where a container's published ports are reached. */
  readonly host: string;
}

let found: Promise<Engine | undefined> | undefined;

/** The engine that answers here, if one does: DOCKER_HOST, or where Docker and Podman have their sockets. */
export function findEngine(): Promise<Engine | undefined> {
  found ??= within(ANSWER_MS, ask()).catch(() => undefined);
  return found;
}

async function ask(): Promise<Engine> {
  // Loaded only by a run of tests: it takes its time.
  const { getContainerRuntimeClient } = await import('testcontainers');
  const client = await getContainerRuntimeClient();
  const { host } = client.info.containerRuntime;
  return { client, host: host === 'localhost' ? '127.0.0.1' : host };
}
