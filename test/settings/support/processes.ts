import { readConfig as readAuth } from '../../../apps/auth/src/config';
import { readConfig as readCli } from '../../../apps/cli/src/config';
import { readConfig as readIngest } from '../../../apps/ingest/src/config';
import { readConfig as readProjector } from '../../../apps/projector/src/config';
import { readConfig as readStandalone } from '../../../apps/standalone/src/config';
import { ConfigError } from '#libs/runtime';

type Environment = Readonly<Record<string, string>>;

/** What each process makes of its environment. */
export const READERS: Readonly<Record<string, (env: Environment) => object>> = {
  standalone: readStandalone,
  ingest: readIngest,
  projector: readProjector,
  auth: readAuth,
  ledger: readCli,
};

/** Every variable that a process reads, found by looking at what it looks at. */
export function variablesOf(process: string): string[] {
  const names = new Set<string>();
  const note = (name: string | symbol): void => {
    if (typeof name === 'string') names.add(name);
  };
  const env = new Proxy<Record<string, string>>(
    {},
    {
      get: (_env, name) => {
        note(name);
        return undefined;
      },
    },
  );
  READERS[process]!(env);
  return [...names].sort();
}

/** What the process would read, or the sentences that it would end with. */
export function outcomeOf(
  process: string,
  env: Environment,
): { readonly config: object } | { readonly faults: readonly string[] } {
  try {
    return { config: READERS[process]!(env) };
  } catch (error) {
    if (error instanceof ConfigError) return { faults: error.faults };
    throw error;
  }
}

/** Of every process. */
export const VARIABLES = Object.keys(READERS).flatMap((process) =>
  variablesOf(process).map((name) => [process, name] as const),
);
