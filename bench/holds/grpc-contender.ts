import type { BenchLedger } from '../ledger/bench-ledger';
import { budgetMethod, budgetMethodPath } from '../ledger/budget-method';
import type { Call } from '../load/call-connection';
import type { LoadGenerator } from '../load/generator';
import { setRoomOf } from './budget-rows';
import { TTL_SECONDS } from './hold-design';
import type { Contender } from './hold-sample';

const MOST_CONNECTIONS = 8;
const HOLD_PATH = budgetMethodPath('Hold');

export const THROUGH_GRPC = 'ledger through gRPC';

/** Holds through the door of a real standalone, with the load generator in another process. */
export function grpcContender(ledger: BenchLedger, generator: LoadGenerator): Contender {
  const { grpcAddress, child } = ledger.process;
  const [host, port] = grpcAddress.split(':') as [string, string];
  const opened = new Set<string>();
  return {
    name: THROUGH_GRPC,
    isExact: true,
    watched: { process: child.pid, postgres: ledger.postmasterPid, generator: generator.pid },
    run: async ({ accounts, room, inFlight, warmUpMs, measureMs, mostCalls }, measuring) => {
      const unknown = accounts.filter((account) => !opened.has(account));
      if (unknown.length > 0) await setRoomOf(ledger.database, unknown, room);
      for (const account of unknown) opened.add(account);
      const connections = Math.min(inFlight, MOST_CONNECTIONS);
      const streams = inFlight / connections;
      const times = { warmUpMs, measureMs, ...(mostCalls !== undefined && { mostCalls }) };
      const load = { ...times, path: HOLD_PATH, connections, streams, calls: holdCalls(accounts) };
      const result = await generator.run({ ...load, host, port: Number(port) }, measuring);
      const { answers, withId: granted, foreign } = result;
      if (foreign > 0) throw new Error(`${foreign} holds were answered for another account`);
      return { ...result, granted, refused: answers - granted };
    },
  };
}

/** A hold on each account, as bytes; its own answer names the account in the decision's budgets. */
function holdCalls(accounts: readonly string[]): Call[] {
  const { requestSerialize } = budgetMethod('Hold');
  return accounts.map((account) => {
    const [kind, id] = account.split(':') as [string, string];
    const scope = kind === 'team' ? { team: { team_id: id } } : { user: { user_id: id } };
    const hold = { scope, amount: '1.00', ttl_seconds: TTL_SECONDS };
    return { request: requestSerialize(hold), expected: account };
  });
}
