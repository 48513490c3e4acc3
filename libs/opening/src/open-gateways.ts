import { parseGateways, type Gateways } from '#libs/gateways';
import { redactSecrets } from '#libs/ledger';
import { ReloadedFile, type ProcessTools } from '#libs/runtime';

/** The gateways that a process serves; without a file there are none. */
export interface OpenGateways {
  readonly current: Gateways | undefined;
  close(): Promise<void>;
}

const MOST_FILE_BYTES = 1024 * 1024;

/**
 * Reads GATEWAYS_FILE now and at each SIGHUP.
 * @throws StartRefused with the sentence that names the member at fault
 */
export async function openGateways(
  path: string | undefined,
  tools: Pick<ProcessTools, 'logger' | 'metrics'>,
): Promise<OpenGateways> {
  if (path === undefined) return { current: undefined, close: () => Promise.resolve() };
  const file = await ReloadedFile.read<Gateways>(
    {
      ...{ variable: 'GATEWAYS_FILE', path, maxBytes: MOST_FILE_BYTES, redact: redactSecrets },
      parse: parseGateways,
    },
    tools,
  );
  file.start();
  return {
    get current() {
      return file.current;
    },
    close: () => file.stop(),
  };
}
