import type { Command } from './command';
import { BALANCE } from './commands/balance';
import { corrections } from './commands/corrections';
import { rebuild } from './commands/rebuild';
import { verify } from './commands/verify';

/** By name, in the order in which the help lists them. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['balance', BALANCE],
  ['corrections', corrections],
  ['verify', verify],
  ['rebuild', rebuild],
]);
