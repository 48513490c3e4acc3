/** Something real that all specs share. */
export interface Part {
  /** What it is, for the first lines of a test run. */
  readonly description: string;
  stop(): Promise<void>;
}
