"""A budget and checks through the client that openapi-generator makes. python check.py http://HOST:PORT"""

import sys

from openapi_client import ApiClient, Configuration, DefaultApi
from openapi_client.models import BudgetSettings, CalendarWindow, CheckRequest
from openapi_client.models import Scope, UserScope, WindowRule

api = DefaultApi(ApiClient(Configuration(host=sys.argv[1])))
month = WindowRule(CalendarWindow(type="calendar", unit="month", zone="Europe/Berlin"))
settings = BudgetSettings(account="user:python", limit="10", window=month, warnAt=["0.8"])
changed = api.set_budget("python-month", settings)
assert changed.applied and changed.budget.limit == "10.00", changed

read = api.get_budget("python-month")
again = api.set_budget("python-month", BudgetSettings.from_json(read.to_json()))
assert again.budget == read, again

scope = Scope(UserScope(type="user", user_id="python"))
allowed = api.check(CheckRequest(scope=scope, estimate="10.00"))
assert allowed.allowed and allowed.remaining == "10.00" and allowed.resets_at is None, allowed
refused = api.check(CheckRequest(scope=scope, estimate="10.01"))
assert not refused.allowed and refused.blocked_by == "python-month", refused
assert refused.resets_at == refused.budgets[0].window.end, refused
print("checked")
