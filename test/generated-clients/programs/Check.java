import java.util.List;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.DefaultApi;
import org.openapitools.client.model.Budget;
import org.openapitools.client.model.BudgetSettings;
import org.openapitools.client.model.CalendarWindow;
import org.openapitools.client.model.ChangedBudget;
import org.openapitools.client.model.CheckRequest;
import org.openapitools.client.model.Decision;
import org.openapitools.client.model.Scope;
import org.openapitools.client.model.UserScope;
import org.openapitools.client.model.WindowRule;

/** A budget and checks through the client that openapi-generator makes. java Check http://HOST:PORT */
public class Check {
  public static void main(String[] arguments) throws Exception {
    DefaultApi api = new DefaultApi(new ApiClient().setBasePath(arguments[0]));
    CalendarWindow month =
        new CalendarWindow()
            .type(CalendarWindow.TypeEnum.CALENDAR)
            .unit(CalendarWindow.UnitEnum.MONTH)
            .zone("Europe/Berlin");
    BudgetSettings settings =
        new BudgetSettings()
            .account("user:java")
            .limit("10")
            .window(new WindowRule(month))
            .warnAt(List.of("0.8"));
    ChangedBudget changed = api.setBudget("java-month", settings, null, null, null);
    expect(changed.getApplied() && "10.00".equals(changed.getBudget().getLimit()), changed);

    Budget read = api.getBudget("java-month", null);
    BudgetSettings written = BudgetSettings.fromJson(read.toJson());
    ChangedBudget again = api.setBudget("java-month", written, null, null, null);
    expect(again.getBudget().equals(read), again);

    Scope scope = new Scope(new UserScope().type(UserScope.TypeEnum.USER).userId("java"));
    Decision allowed = api.check(new CheckRequest().scope(scope).estimate("10.00"), null);
    expect(allowed.getAllowed() && "10.00".equals(allowed.getRemaining()), allowed);
    expect(allowed.getResetsAt() == null, allowed);
    Decision refused = api.check(new CheckRequest().scope(scope).estimate("10.01"), null);
    expect(!refused.getAllowed() && "java-month".equals(refused.getBlockedBy()), refused);
    expect(refused.getResetsAt().equals(refused.getBudgets().get(0).getWindow().getEnd()), refused);
    System.out.println("checked");
    System.exit(0);
  }

  private static void expect(boolean condition, Object answer) {
    if (!condition) throw new IllegalStateException("unexpected: " + answer);
  }
}
