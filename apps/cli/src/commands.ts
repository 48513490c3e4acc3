import type { Command } from './command';
import { balance } from './commands/balance';
import { certificates } from './commands/certificates';
import { close } from './commands/close';
import { corrections } from './commands/corrections';
import { eventsCommand } from './commands/events';
import { explain } from './commands/explain';
import { exportCommand } from './commands/export';
import { importCommand } from './commands/import';
import { migrate } from './commands/migrate';
import { gateways } from './commands/gateways';
import { prices } from './commands/prices';
import { rebuild } from './commands/rebuild';
import { roles } from './commands/roles';
import { sources } from './commands/sources';
import { statement } from './commands/statement';
import { tokens } from './commands/tokens';
import { verify } from './commands/verify';

/** By name, in the order in which the help lists them. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['balance', balance],
  ['explain', explain],
  ['events', eventsCommand],
  ['corrections', corrections],
  ['statement', statement],
  ['close', close],
  ['export', exportCommand],
  ['import', importCommand],
  ['verify', verify],
  ['rebuild', rebuild],
  ['gateways', gateways],
  ['prices', prices],
  ['tokens', tokens],
  ['certificates', certificates],
  ['sources', sources],
  ['migrate', migrate],
  ['roles', roles],
]);
