/** @needs prometheus */
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { PROJECT_FOLDER } from '#libs/testing';
import { BusyLedger } from './support/busy-ledger';
import { promtool } from './support/promtool';
import { groupedBy, selectorsIn, seriesOf } from './support/scraped-series';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}
interface RulesFile {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}
interface TestFile {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly object[];
    }[];
  }[];
}
interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly {
    readonly type: string;
    readonly title: string;
    readonly datasource?: { readonly uid: string };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

const file = (path: string) => resolve(PROJECT_FOLDER, path);
const RULES = file('operations/prometheus/ledger.rules.yaml');
const TESTS = ['ledger.test.yaml', 'ledger-days.test.yaml'].map((name) =>
  file(`operations/prometheus/${name}`),
);
/** A ledger has these with TLS, files or Kafka alone; and `up` is Prometheus's own. The specs of those parts have them. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  up: ['job'],
  ledger_certificate_not_after_timestamp_seconds: [],
  ledger_wal_archive_age_seconds: [],
  ledger_wal_archive_fails: [],
  prices_file_in_force: [],
  gateways_file_in_force: [],
  ingest_reported_total: ['outcome'],
  // Come with the first of them.
  auth_degraded_checks_total: ['reason'],
  access_refusals_total: ['reason'],
};
/** Prometheus adds them to what it scrapes. */
const OF_PROMETHEUS = ['instance', 'job'];
const PANELS = ['row', 'timeseries', 'stat'];

const rules = (parse(readFileSync(RULES, 'utf8')) as RulesFile).groups.flatMap(
  (group) => group.rules,
);
const alerts = rules.filter(({ alert }) => alert !== undefined);
const names = [...new Set(alerts.map(({ alert }) => alert!))];
const recorded = new Set(rules.flatMap(({ record }) => record ?? []));
const dashboards = globSync(file('operations/grafana/*.json')).map(
  (path) => JSON.parse(readFileSync(path, 'utf8')) as Dashboard,
);

describe('the rules for Prometheus', () => {
  it('are rules', async () => {
    expect(await promtool(['check', 'rules', RULES])).toMatchObject({ code: 0 });
  });

  it.each(TESTS)('fire when they should, and only then: %s', async (test) => {
    expect(await promtool(['test', 'rules', test])).toMatchObject({ code: 0 });
  });

  it('have for each alert a test that fires it and one that does not', () => {
    const tested = TESTS.flatMap((path) => (parse(readFileSync(path, 'utf8')) as TestFile).tests)
      .flatMap((test) => test.alert_rule_test)
      .map(({ alertname, exp_alerts }) => `${alertname} ${exp_alerts.length > 0}`);
    const wanted = names.flatMap((name) => [`${name} true`, `${name} false`]);
    expect([...new Set(tested)].sort()).toEqual(wanted.sort());
  });

  it('have for each alert a severity, a sentence and a page, and no page without an alert', () => {
    for (const { alert, labels, annotations } of alerts) {
      expect(labels!['severity']).toMatch(/^(page|ticket)$/);
      expect(annotations).toEqual({
        summary: expect.any(String) as string,
        runbook_url: `docs/runbooks/${alert}.md`,
      });
    }
    const pages = globSync(file('docs/runbooks/*.md')).map((path) => basename(path, '.md'));
    expect(pages.sort()).toEqual([...names].sort());
  });
});

describe('what rules and dashboards ask for', () => {
  let busy: BusyLedger;
  let series: ReadonlyMap<string, ReadonlySet<string>>;

  beforeAll(async () => {
    busy = await BusyLedger.start();
    series = seriesOf(await busy.scrape());
  });
  afterAll(() => busy?.stop());

  /** What no ledger says. */
  const missing = (expression: string): string[] => {
    const asked = selectorsIn(expression).filter(({ name }) => !recorded.has(name));
    const has = (name: string) => series.get(name) ?? new Set(ELSEWHERE[name]);
    const absent = asked.flatMap(({ name, labels }) => {
      if (!series.has(name) && ELSEWHERE[name] === undefined) return [name];
      return labels.filter((label) => !has(name).has(label)).map((label) => `${name}{${label}}`);
    });
    const known = new Set([...OF_PROMETHEUS, 'le', ...asked.flatMap(({ name }) => [...has(name)])]);
    return [...absent, ...groupedBy(expression).filter((label) => !known.has(label))];
  };
  const dashboardExpressions = () =>
    dashboards
      .flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets))
      .map((t) => t.expr);

  it('is in a scrape', () => {
    expect(missing('sum by (nothing) (rate(auth_cheques_total{outcome="x"}[5m]))')).toEqual([
      'auth_cheques_total',
      'nothing',
    ]);
    expect(missing('auth_checks_total{no_such="x"}')).toEqual(['auth_checks_total{no_such}']);
    const expressions = [...rules.map(({ expr }) => expr), ...dashboardExpressions()];
    expect(expressions.length).toBeGreaterThan(60);
    expect(expressions.flatMap(missing)).toEqual([]);
  });

  it('is in the language of Prometheus, also on dashboards', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ledger-dashboards-'));
    const path = join(folder, 'rules.yaml');
    const asRules = dashboardExpressions().map((expr, n) => ({
      record: `panel:${n}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    await writeFile(path, stringify({ groups: [{ name: 'dashboards', rules: asRules }] }));
    expect(await promtool(['check', 'rules', path])).toMatchObject({ code: 0 });
    await rm(folder, { recursive: true });
  });

  it('is asked of the data source that the operator chooses, with panels that Grafana brings', () => {
    expect(dashboards.map(({ uid }) => uid).sort()).toEqual([
      'spend-ledger-overview',
      'spend-ledger-partitions',
    ]);
    for (const { schemaVersion, panels, ...dashboard } of dashboards) {
      expect(schemaVersion).toBe(39);
      expect(dashboard).not.toHaveProperty('id');
      for (const { type, datasource } of panels) {
        expect(PANELS).toContain(type);
        // eslint-disable-next-line no-template-curly-in-string -- Grafana's own
        if (type !== 'row') expect(datasource!.uid).toBe('${datasource}');
      }
    }
  });
});
