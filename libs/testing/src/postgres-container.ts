import { Client } from 'pg';
import type { Engine } from './containers/find-engine';
import { startContainer } from './containers/start-container';
import { waitUntil } from './wait-until';

const PASSWORD = 'spend-ledger';

export interface PostgresContainer {
  readonly url: string;
  stop(): Promise<void>;
}

export function postgresImage(): string {
  return process.env['SPEND_LEDGER_POSTGRES_IMAGE'] || 'postgres:17';
}

/** A Postgres in a container. @returns undefined when its image cannot be had */
export async function startPostgresContainer(
  engine: Engine,
  image: string,
): Promise<PostgresContainer | undefined> {
  const container = await startContainer(engine, {
    image,
    port: 5432,
    environment: () => ({ POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: 'spend_ledger' }),
  });
  if (!container) return undefined;
  const { port, stop } = container;
  const url = `postgres://postgres:${PASSWORD}@${engine.host}:${port}/spend_ledger`;
  try {
    await waitUntil(`Postgres at ${engine.host}:${port} is ready`, () => answers(url));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } finally {
    await client.end();
  }
}
