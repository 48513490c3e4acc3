import { dependencyRefusal } from './dependency-failure';
import { Problem } from './problem';
import { within } from './within';

export interface CheckResult {
  readonly ready: boolean;
  readonly detail?: string;
  /** What an operator may want to know besides. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Record<string, CheckResult>;
}

export interface ReadinessOptions {
  /** How long one check may take before it counts as failed. */
  readonly timeoutMs?: number;
  /** A check threw. Callers are told only that it did: its message may hold what is not theirs. */
  readonly onError?: (name: string, error: unknown) => void;
}

/** Whether the process can do its work now: each dependency by name. */
export class Readiness {
  private readonly checks = new Map<string, () => Promise<CheckResult>>();
  private readonly timeoutMs: number;
  private readonly listeners: ((report: ReadinessReport) => void)[] = [];
  private pending: Promise<ReadinessReport> | undefined;
  private isDraining = false;

  constructor(private readonly options: ReadinessOptions = {}) {
    this.timeoutMs = options.timeoutMs ?? 2_000;
  }

  add(name: string, check: () => Promise<CheckResult>): void {
    this.checks.set(name, check);
  }

  /** Ready while it answers; `facts` are told with it. */
  addDependency(
    name: string,
    answers: () => Promise<unknown>,
    facts?: () => Readonly<Record<string, unknown>>,
  ): void {
    this.add(name, async () => {
      await answers();
      return { ready: true, ...(facts && { facts: facts() }) };
    });
  }

  /** First thing on shutdown: from then on the process is not ready, whatever its checks say. */
  drain(): void {
    if (this.isDraining) return;
    this.isDraining = true;
    // The listeners hear it now; checks may take their time.
    this.tell({ ready: false, checks: { shutdown: DRAINING } });
  }

  get draining(): boolean {
    return this.isDraining;
  }

  /** Hears every report, whatever caused it: two listeners never differ. */
  onReport(listener: (report: ReadinessReport) => void): void {
    this.listeners.push(listener);
  }

  /** Runs all checks side by side; askers who come meanwhile share the answer. Never rejects. */
  report(): Promise<ReadinessReport> {
    this.pending ??= this.runAll().finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  private async runAll(): Promise<ReadinessReport> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await this.run(name, check)] as const),
    );
    const checks: Record<string, CheckResult> = Object.fromEntries(results);
    if (this.isDraining) checks['shutdown'] = DRAINING;
    const report = { ready: Object.values(checks).every(({ ready }) => ready), checks };
    this.tell(report);
    return report;
  }

  private tell(report: ReadinessReport): void {
    for (const listener of this.listeners) listener(report);
  }

  private async run(name: string, check: () => Promise<CheckResult>): Promise<CheckResult> {
    const detail = `no answer within ${this.timeoutMs} ms`;
    try {
      return await within(check(), this.timeoutMs, () => ({ ready: false, detail }));
    } catch (error) {
      this.options.onError?.(name, error);
      const reason =
        dependencyRefusal(error)?.reason ?? (error instanceof Problem ? error.detail : undefined);
      return { ready: false, detail: reason ?? 'the check failed; the log says why' };
    }
  }
}

const DRAINING: CheckResult = { ready: false, detail: 'draining' };
