export interface ExplainLimits {
  readonly partitions: number;
  /** Most entries that are listed of a window, and most teams whose other calls are looked for beside those of a label. */
  readonly most: number;
}
