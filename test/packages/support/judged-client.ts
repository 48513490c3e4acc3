import type { AdapterCommand } from './adapter-process';
import { RecoveryLedger } from './recovery-ledger';
import { runScenario, type Outcome } from './run-scenario';
import type { Scenario } from './scenario';

/** Most of a scenario is waiting. */
const AT_ONCE = 4;

/** A client before a real ledger, at work on several scenarios at once. */
export class JudgedClient {
  private readonly outcomes = new Map<string, Promise<Outcome>>();
  private readonly turns: Promise<unknown>[];

  private constructor(
    readonly ledger: RecoveryLedger,
    readonly command: AdapterCommand,
    scenarios: readonly Scenario[],
  ) {
    this.turns = Array.from({ length: AT_ONCE }, () => Promise.resolve());
    scenarios.forEach((scenario, at) => this.begin(scenario, at % AT_ONCE));
  }

  static async start(
    command: AdapterCommand,
    scenarios: readonly Scenario[],
  ): Promise<JudgedClient> {
    return new JudgedClient(await RecoveryLedger.start(), command, scenarios);
  }

  outcome({ id }: Scenario): Promise<Outcome> {
    return this.outcomes.get(id)!;
  }

  /** Waits until all have ended. */
  async stop(): Promise<void> {
    await Promise.all(this.turns);
    await this.ledger.stop();
  }

  private begin(scenario: Scenario, turn: number): void {
    const outcome = this.turns[turn]!.then(() => runScenario(scenario, this.command, this.ledger));
    this.outcomes.set(scenario.id, outcome);
    // Its own test tells what went wrong.
    this.turns[turn] = outcome.catch(() => undefined);
  }
}
