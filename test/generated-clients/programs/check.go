// A budget and checks through the client that openapi-generator makes. go run ./check http://HOST:PORT
package main

import (
	"context"
	"fmt"
	"os"

	ledger "ledger.test/clients/go"
)

func main() {
	configuration := ledger.NewConfiguration()
	configuration.Servers = ledger.ServerConfigurations{{URL: os.Args[1]}}
	api := ledger.NewAPIClient(configuration).DefaultAPI
	ctx := context.Background()

	month := ledger.NewCalendarWindow("calendar", "month", "Europe/Berlin")
	limit := "10"
	settings := ledger.NewBudgetSettings("user:go", *ledger.NewNullableString(&limit), ledger.CalendarWindowAsWindowRule(month))
	settings.SetWarnAt([]string{"0.8"})
	changed, _, err := api.SetBudget(ctx, "go-month").BudgetSettings(*settings).Execute()
	must(err)
	expect(changed.Applied && changed.Budget.GetLimit() == "10.00", changed)

	read, _, err := api.GetBudget(ctx, "go-month").Execute()
	must(err)
	bytes, err := read.MarshalJSON()
	must(err)
	var written ledger.BudgetSettings
	must(written.UnmarshalJSON(bytes))
	again, _, err := api.SetBudget(ctx, "go-month").BudgetSettings(written).Execute()
	must(err)
	expect(again.Applied && again.Budget.BudgetId == "go-month", again)

	scope := ledger.UserScopeAsScope(ledger.NewUserScope("user", "go"))
	asked := ledger.NewCheckRequest(scope)
	asked.SetEstimate("10.00")
	allowed, _, err := api.Check(ctx).CheckRequest(*asked).Execute()
	must(err)
	expect(allowed.Allowed && allowed.GetRemaining() == "10.00" && allowed.ResetsAt.Get() == nil, allowed)
	asked.SetEstimate("10.01")
	refused, _, err := api.Check(ctx).CheckRequest(*asked).Execute()
	must(err)
	expect(!refused.Allowed && refused.GetBlockedBy() == "go-month", refused)
	expect(refused.GetResetsAt().Equal(refused.Budgets[0].Window.GetEnd()), refused)
	fmt.Println("checked")
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(condition bool, answer any) {
	if !condition {
		panic(fmt.Sprintf("unexpected: %+v", answer))
	}
}
