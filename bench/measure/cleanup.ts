/** What was started, ended in the other order, whatever happens. */
export class Cleanup {
  private readonly ends: (() => unknown)[] = [];

  add(end: () => unknown): void {
    this.ends.push(end);
  }

  async run(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end();
  }
}
