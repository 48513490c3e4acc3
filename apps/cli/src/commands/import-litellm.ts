import { formatMoney } from '#libs/ledger';
import { readLedgerNow } from '#libs/balances';
import type { Cli, Command } from '../command';
import { CommandRefused } from '../command-refused';
import type { Projection } from '../open-ledger';
import { refuseOlderDatabase } from '../refuse-older-database';
import { compare, compareUser } from './import-litellm/counters/compare';
import { readCounters, type CounterParts } from './import-litellm/counters/read-counters';
import { follow } from './import-litellm/follow';
import { givenImport, OPTIONS, USAGE, type ImportOrder } from './import-litellm/given-import';
import { insist, Interrupted } from './import-litellm/insist';
import { RowImport } from './import-litellm/import-rows';
import { moveLimits, type MovedLimits } from './import-litellm/limits/move-limits';
import { LitellmDatabase } from './import-litellm/litellm-database';
import { printReport } from './import-litellm/print-report';
import { FROM_THE_FIRST, LogReader, type Cursor } from './import-litellm/read-rows';
import { dryRecorder, ledgerRecorder, type Recorder } from './import-litellm/recorder';
import type { ImportReport } from './import-litellm/report';
import { SeenRows } from './import-litellm/seen-rows';
import { Tally } from './import-litellm/tally';

export const importLitellm: Command = {
  summary: 'records what LiteLLM has in its database, moves its limits, says what it got wrong',
  usage: USAGE,
  options: OPTIONS,
  positionals: { least: 0, most: 0 },
  run: async ({ options }, cli) => {
    const order = givenImport(options);
    const litellm = await LitellmDatabase.open(order.from, cli.config);
    try {
      if (order.follows) cli.endsWhenStopped();
      return await new LitellmImport(cli, order, litellm).run(options['json'] === true);
    } catch (error) {
      if (order.follows && error instanceof Interrupted) return 0;
      throw error;
    } finally {
      await litellm.close();
    }
  },
};

/** What the notes of each report say: where the ledger does otherwise than LiteLLM by its own nature. */
const NOTES = [
  'A team’s calls never count for a person here; apply_user_budget_to_team_keys of LiteLLM’s config.yaml has no counterpart.',
  'A team’s limit for its members also holds for members who joined before it was set; LiteLLM leaves those free (#25506).',
  'LiteLLM’s manual resets of a counter are not known: a budget without a duration counts all that was ever spent.',
];

/** LiteLLM's price lists have no other. */
const LITELLM_CURRENCY = 'USD';

function notesFor(currency: string): string[] {
  if (currency === LITELLM_CURRENCY) return NOTES;
  const foreign = `LiteLLM reckons in ${LITELLM_CURRENCY} and this ledger in ${currency}: the amounts are taken as they are.`;
  return [foreign, ...NOTES];
}

class LitellmImport {
  private readonly tally: Tally;
  private readonly caller: string;
  private activeKeys: ReadonlyMap<string, string> = new Map();
  /** `undefined`: a dry run where there is no ledger yet. */
  private ledger: Projection | undefined;

  constructor(
    private readonly cli: Cli,
    private readonly order: ImportOrder,
    private readonly litellm: LitellmDatabase,
  ) {
    this.tally = new Tally(cli.config.litellm.listed);
    this.caller = `import-litellm/${order.source}`;
  }

  async run(isJson: boolean): Promise<number> {
    const { cli, order, tally } = this;
    const recorder = await this.openRecorder();
    this.activeKeys = await this.litellm.activeKeys();
    const rows = this.rowImport(recorder);
    const seen = order.follows ? new SeenRows(cli.config.litellm.seen) : undefined;
    const newest = order.hasSpend ? await rows.sweep(this.first(), seen) : this.first();
    const moved = order.hasBudgets ? await this.moveLimits() : undefined;
    const report = await this.report(moved);
    if (this.ledger?.isAlone === true && !order.isDry) {
      cli.tell('The ledger does not run: spends and budgets count when it does.');
    }
    cli.print(isJson ? JSON.stringify(report) : printReport(report));
    if (seen) {
      const { pollMs, lookBackMs } = cli.config.litellm;
      const { litellm } = this;
      const parts = { litellm, rows, tally, seen, since: order.since, pollMs, lookBackMs };
      await follow(cli, parts, newest);
      return 0;
    }
    return tally.refused + (moved?.refused ?? 0) === 0 ? 0 : 1;
  }

  private async openRecorder(): Promise<Recorder> {
    const { cli, order } = this;
    if (order.isDry) {
      this.ledger = await cli.projection().catch((error: unknown) => {
        if (!(error instanceof CommandRefused)) throw error;
        cli.tell(`${error.message} So all is said to be new.`);
        return undefined;
      });
      const { currency } = this.ledger?.facts ?? cli.config;
      const database = this.ledger?.database;
      return dryRecorder(this.litellm, { currency, ...(database && { database }) });
    }
    const ledger = await cli.ledger();
    await refuseOlderDatabase(cli, ledger);
    this.ledger = ledger;
    return ledgerRecorder(ledger, ledger.facts, this.caller);
  }

  private rowImport(recorder: Recorder): RowImport {
    const { cli, order, litellm, tally } = this;
    const { batch, batches } = cli.config.litellm;
    return new RowImport(cli, {
      reader: new LogReader(litellm, batch, order.until, order.labels),
      recorder,
      rules: { ...order, isPartitioned: litellm.isPartitioned, activeKeys: this.activeKeys },
      tally,
      batches,
    });
  }

  private first(): Cursor {
    return { ...FROM_THE_FIRST, startTime: this.order.since };
  }

  private async moveLimits(): Promise<MovedLimits> {
    const { cli, order, litellm, tally, ledger, caller } = this;
    const { listed: most, maxPerAccount } = cli.config.litellm;
    const now = await (ledger ? readLedgerNow(ledger.database.kysely) : litellm.now());
    const { partitions } = ledger?.facts ?? { partitions: 1 };
    return moveLimits(cli, {
      litellm,
      rules: { ...order.resets, now },
      ledger: ledger && {
        database: ledger.database,
        partitions,
        caller,
        maxPerAccount,
        now,
        isDry: order.isDry,
      },
      onRenamed: (renamed) => tally.rename(renamed),
      most,
    });
  }

  private async report(moved: MovedLimits | undefined): Promise<ImportReport> {
    const { order, tally, litellm, activeKeys } = this;
    const most = this.cli.config.litellm.listed;
    const parts: CounterParts = { litellm, activeKeys, rules: order.resets, most };
    const none = { rows: [], leftOut: 0 };
    const counters = (kind: Parameters<typeof readCounters>[1]) =>
      order.hasSpend ? insist(this.cli, () => readCounters(parts, kind)) : Promise.resolve(none);
    const users = await counters('user');
    const teams = await counters('team');
    const members = await counters('member');
    const keys = await counters('key');
    const { read, recorded, duplicates, refused, byBasis, skipped } = tally;
    const refusals = [...tally.refusals, ...(moved?.refusals ?? [])];
    return {
      source: order.source,
      dryRun: order.isDry,
      rows: { read, recorded, duplicates, ...byBasis, refused, skipped },
      amount: formatMoney(tally.amountPico),
      rounding: tally.rounding.print(),
      users: users.rows.map(compareUser),
      teams: teams.rows.map((row) => compare('team', row)),
      members: members.rows.map((row) => compare('member', row)),
      keys: keys.rows.map((row) => compare('key', row)),
      budgets: moved?.budgets ?? [],
      notMoved: moved?.notMoved ?? [],
      renamed: tally.renamed,
      suspects: tally.suspects,
      unpricedCandidates: tally.unpricedCandidates,
      refusals,
      leftOut: {
        users: users.leftOut,
        teams: teams.leftOut,
        members: members.leftOut,
        keys: keys.leftOut,
        ...moved?.leftOut,
        suspects: tally.suspectsLeftOut,
        refusals: refused + (moved?.refused ?? 0) - refusals.length,
      },
      notes: notesFor((this.ledger?.facts ?? this.cli.config).currency),
    };
  }
}
