import type { Command } from './command';
import { corrections } from './commands/corrections';
import { eventsCommand } from './commands/events';
import { exportCommand } from './commands/export';
import { importCommand } from './commands/import';

/** By name, in the order in which the help lists them. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['corrections', corrections],
  ['events', eventsCommand],
  ['export', exportCommand],
  ['import', importCommand],
]);
