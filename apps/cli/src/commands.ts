import type { Command } from './command';
import { close } from './commands/close';
import { corrections } from './commands/corrections';
import { explain } from './commands/explain';
import { statement } from './commands/statement';

/** By name, in the order in which the help lists them. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['explain', explain],
  ['corrections', corrections],
  ['statement', statement],
  ['close', close],
]);
