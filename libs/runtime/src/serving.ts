import { type CheckResult, Readiness, type ReadinessReport } from './health';

/**
 * Whether the process can answer now, be it with numbers of before: each of its parts by name. What a part needs to do
 * its work well is Readiness' to say.
 */
export class Serving extends Readiness {
  private readonly partOfService = new Map<string, string>();

  /** @param services the gRPC services that are this part's doors, by their full names */
  addPart(
    name: string,
    services: readonly string[],
    check: () => Promise<CheckResult> | CheckResult,
  ): void {
    this.add(name, async () => check());
    for (const service of services) this.partOfService.set(service, name);
  }

  /** Of a gRPC service by its part; of what is no part's, and of the process as a whole (''), by all of them. */
  isServing({ ready, checks }: ReadinessReport, service: string): boolean {
    const part = this.partOfService.get(service);
    return part === undefined ? ready : !this.draining && checks[part]?.ready === true;
  }
}
