/** Something real that all specs share. */
export interface Part {
  /** What it is, for whoever runs the tests. */
  readonly description: string;
  stop(): Promise<void>;
}
