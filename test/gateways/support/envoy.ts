import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_FOLDER } from '#libs/testing';
import { ProxyProcess, type ProxySettings } from './proxy-process';

export interface EnvoySettings extends ProxySettings {
  /** A file of `docs/gateways/`. */
  readonly file: string;
  /** A name of `docs/gateways/gateways.yaml`. */
  readonly gateway: string;
  /** Lets calls through while the ledger is away. */
  readonly isOpen?: boolean;
}

const TIMEOUT_MS = 20_000;

/** A real Envoy, as `scripts/envoy.mjs` keeps it. `ledgerPort` is the one of gRPC. */
export async function startEnvoy({
  file,
  gateway,
  isOpen = false,
  timeoutMs = TIMEOUT_MS,
  ...settings
}: EnvoySettings): Promise<ProxyProcess> {
  const script = join(PROJECT_FOLDER, 'scripts/envoy.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  return ProxyProcess.start(
    {
      name: 'envoy',
      path: stdout.trim(),
      files: [file],
      args: (path) => ['-c', path, '--concurrency', '1', '--use-dynamic-base-id', '-l', 'warning'],
      values: {
        GATEWAY: gateway,
        OPEN: String(isOpen),
        CLOSED: String(!isOpen),
        TIMEOUT: `${timeoutMs / 1000}s`,
      },
    },
    settings,
  );
}
