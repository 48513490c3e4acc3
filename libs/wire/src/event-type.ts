/** The types of events, versions included; `ce_type` carries them. */
export const EVENT_TYPES = {
  spendRecorded: 'spendledger.spend.recorded.v1',
  spendAdjusted: 'spendledger.spend.adjusted.v1',
  budgetSet: 'spendledger.budget.set.v1',
  budgetRemoved: 'spendledger.budget.removed.v1',
  pricesSet: 'spendledger.prices.set.v1',
  logMarked: 'spendledger.log.marked.v1',
} as const;

/** Sources that begin so are the ledger's own, and refused at public doors. */
export const OWN_SOURCES = 'ledger/';
/** Sources of the calls that gateways' doors report. */
export const GATEWAY_SOURCES = 'gateway/';
export const BUDGETS_SOURCE = `${OWN_SOURCES}budgets`;
/** Of the spends that settle a hold at auth's doors; each has its hold's id. */
export const HOLDS_SOURCE = `${OWN_SOURCES}holds`;
/** Of corrections that were prepared in bulk. */
export const CORRECTIONS_SOURCE = `${OWN_SOURCES}corrections`;
/** Of the versions of the prices; each has its version for an id. */
export const PRICES_SOURCE = `${OWN_SOURCES}prices`;
export const MARKS_SOURCE = `${OWN_SOURCES}marks`;
