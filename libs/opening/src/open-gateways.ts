import { parseGateways, type Gateways } from '#libs/gateways';
import { redactSecrets, type Parsed } from '#libs/ledger';
import { readYamlFile, ReloadedFile, type ProcessTools } from '#libs/runtime';

/** The gateways that a process serves; without a file there are none. */
export interface OpenGateways {
  readonly current: Gateways | undefined;
  close(): Promise<void>;
}

const FILE_LIMITS = { maxBytes: 1024 * 1024, redact: redactSecrets };

/**
 * Reads GATEWAYS_FILE now and at each SIGHUP.
 * @param knownLabels the names of labels that the ledger accepts; `undefined`: any
 * @throws StartRefused with the sentence that names the member at fault
 */
export async function openGateways(
  path: string | undefined,
  tools: Pick<ProcessTools, 'logger' | 'metrics'>,
  knownLabels: ReadonlySet<string> | undefined,
): Promise<OpenGateways> {
  if (path === undefined) return { current: undefined, close: () => Promise.resolve() };
  const file = await ReloadedFile.read<Gateways>(
    {
      variable: 'GATEWAYS_FILE',
      path,
      ...FILE_LIMITS,
      parse: (document) => parseGateways(document, knownLabels),
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

/** Reads a file of gateways for a look at it. */
export async function readGatewaysFile(path: string): Promise<Parsed<Gateways>> {
  const tree = await readYamlFile(path, FILE_LIMITS);
  return tree.ok ? parseGateways(tree.document) : tree;
}
