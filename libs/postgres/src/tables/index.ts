import type { Generated } from 'kysely';
import type { AccessRevisionTable, CredentialTable } from './access';
import type {
  ClosedMonthTable,
  CorrectionBatchTable,
  CorrectionLineTable,
  LogMarkTable,
} from './audit';
import type { KeptDecisionTable } from './decisions';
import type {
  HeldAccountTable,
  HeldExpiryTable,
  HoldTable,
  PoolExpiryTable,
  PoolGateTable,
  PoolHeldTable,
} from './holds';
import type {
  EventClaimTable,
  LogImportTable,
  LogLeaseTable,
  LogPartitionTable,
  LogReaderTable,
  LogRecordTable,
  OutboxTable,
} from './log';
import type {
  BudgetInForceView,
  BudgetRevisionTable,
  KeyBucketTable,
  UserBucketTable,
  TeamBucketTable,
  MemberBucketTable,
  PoolBalanceTable,
  PoolBucketTable,
  KeyBalanceTable,
  MemberBalanceTable,
  PriceBookTable,
  ProjectionPartitionTable,
  QuarantineTable,
  SpendEventTable,
  TeamBalanceTable,
  UserBalanceTable,
} from './projection';
import type { WarningTable } from './warning';

/** What this database is: one row. */
export interface LedgerTable {
  id: Generated<string>;
  currency: string;
  partitions: number;
  /** Names its log for ever; null: the log is in this database. */
  log_id: string | null;
  /** Of the code that made the projection's rows. */
  projection_version: Generated<number>;
  /** The tz database that its windows are made of. */
  time_zone_data: string | null;
}

export interface Tables {
  ledger: LedgerTable;
  event_claim: EventClaimTable;
  outbox: OutboxTable;
  log_partition: LogPartitionTable;
  log_record: LogRecordTable;
  log_lease: LogLeaseTable;
  log_import: LogImportTable;
  log_reader: LogReaderTable;
  projection_partition: ProjectionPartitionTable;
  spend_event: SpendEventTable;
  key_balance: KeyBalanceTable;
  user_balance: UserBalanceTable;
  team_balance: TeamBalanceTable;
  member_balance: MemberBalanceTable;
  pool_balance: PoolBalanceTable;
  key_bucket: KeyBucketTable;
  user_bucket: UserBucketTable;
  team_bucket: TeamBucketTable;
  member_bucket: MemberBucketTable;
  pool_bucket: PoolBucketTable;
  budget_revision: BudgetRevisionTable;
  budget_in_force: BudgetInForceView;
  price_book: PriceBookTable;
  quarantine: QuarantineTable;
  kept_decision: KeptDecisionTable;
  warning: WarningTable;
  held_account: HeldAccountTable;
  held_expiry: HeldExpiryTable;
  pool_held: PoolHeldTable;
  pool_expiry: PoolExpiryTable;
  pool_gate: PoolGateTable;
  hold: HoldTable;
  correction_batch: CorrectionBatchTable;
  correction_line: CorrectionLineTable;
  log_mark: LogMarkTable;
  closed_month: ClosedMonthTable;
  credential: CredentialTable;
  access_revision: AccessRevisionTable;
}

export type * from './access';
export type * from './audit';
export type * from './decisions';
export type * from './holds';
export type * from './log';
export type * from './projection';
export type * from './warning';
