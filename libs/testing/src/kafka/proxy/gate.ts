/** Lets through or holds back. */
export class Gate {
  private closed: PromiseWithResolvers<void> | undefined;

  /** Resolves when it is open. */
  async passable(): Promise<void> {
    await this.closed?.promise;
  }

  close(): void {
    this.closed ??= Promise.withResolvers<void>();
  }

  open(): void {
    this.closed?.resolve();
    this.closed = undefined;
  }
}
