from spend_ledger.litellm import SpendLedger

ledger = SpendLedger()
