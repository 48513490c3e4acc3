/** A statement whose plan the server keeps: for the few that run all the time. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/** What runs prepared statements; rows are arrays in the order of the columns. */
export interface Prepared {
  prepared<Row extends readonly unknown[]>(
    statement: PreparedStatement,
    values: readonly unknown[],
  ): Promise<Row[]>;
}
