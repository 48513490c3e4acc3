import type { Given } from './command';
import { CommandRefused } from './command-refused';

/** The step that a command's first word names. @throws CommandRefused for a word that names none */
export function stepOf<Step>(steps: Readonly<Record<string, Step>>, { positionals }: Given): Step {
  const name = positionals[0]!;
  const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
  if (step !== undefined) return step;
  throw new CommandRefused(`There is no "${name}" here: ${Object.keys(steps).join(', ')}.`);
}
