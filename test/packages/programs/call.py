"""call.py <URL of a ledger> <user>: one call, by the installed package alone."""

import sys

from spend_ledger import SpendLedger, user

url, name = sys.argv[1:]
with SpendLedger(url, journal=False) as ledger:
    with ledger.spend(user(name), estimate="0.40", model="gpt-5") as call:
        call.cost("0.31")
    print(ledger.check(user(name), estimate="0.40").allowed)
