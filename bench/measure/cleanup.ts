/** What was started, ended in the other order; one that cannot be ended keeps no other from it. */
export class Cleanup {
  private readonly ends: (() => unknown)[] = [];

  add(end: () => unknown): void {
    this.ends.push(end);
  }

  /** @throws what the first failed of, after all were tried */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
