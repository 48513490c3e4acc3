/** Bounds of every wait of the embedded Postgres: milliseconds, unless the name says otherwise. */
export interface EmbeddedPostgresLimits {
  /** Creating the cluster of a fresh folder. */
  readonly initMs: number;
  /** Until Postgres answers, its crash recovery included. */
  readonly startMs: number;
  /** For the connection of an owner who died to vanish. */
  readonly lockMs: number;
  /** For a fast shutdown, which writes a checkpoint. */
  readonly stopMs: number;
  /** For an immediate shutdown after the fast one took too long. */
  readonly quitMs: number;
  /** Between two looks at what is waited for. */
  readonly pollMs: number;
  /** How often it is started again that ends too soon, or does not start. */
  readonly restarts: number;
  /** The pause before the second of these tries; each is twice the one before. */
  readonly restartMs: number;
  /** Once it has run so long, it has started well, and may be started as often again. */
  readonly steadyMs: number;
  /** A longer `postgres.log` is put aside (one is kept) before Postgres starts. */
  readonly logBytes: number;
}

export interface LaunchLimits extends EmbeddedPostgresLimits {
  /** More settings of the server itself. */
  readonly settings: Readonly<Record<string, string>>;
}

export const DEFAULT_LIMITS: EmbeddedPostgresLimits = {
  initMs: 120_000,
  startMs: 120_000,
  lockMs: 3_000,
  stopMs: 60_000,
  quitMs: 10_000,
  pollMs: 50,
  restarts: 5,
  restartMs: 500,
  steadyMs: 60_000,
  logBytes: 10_000_000,
};
