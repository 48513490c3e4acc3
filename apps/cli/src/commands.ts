import type { Command } from './command';
import { corrections } from './commands/corrections';
import { explain } from './commands/explain';

/** By name, in the order in which the help lists them. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['explain', explain],
  ['corrections', corrections],
]);
