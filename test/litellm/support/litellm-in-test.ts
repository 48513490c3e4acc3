import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { createTestDatabase, PROJECT_FOLDER, type TestDatabase } from '#libs/testing';

const FIXTURE = join(PROJECT_FOLDER, 'test/litellm/litellm-26239.sql.gz');

/** A database as LiteLLM writes it, with #26239 in it; `../litellm-26239.md` has the truth about it. */
export class LitellmInTest {
  private constructor(private readonly db: TestDatabase) {}

  static async create(): Promise<LitellmInTest> {
    const litellm = new LitellmInTest(await createTestDatabase({ ledger: false }));
    await litellm.run(gunzipSync(readFileSync(FIXTURE)).toString());
    return litellm;
  }

  get url(): string {
    return this.db.url;
  }

  /** Runs statements as LiteLLM's owner would. */
  async run(statements: string): Promise<void> {
    await sql.raw(statements).execute(this.db.database.kysely);
  }

  async rows<Row>(statement: string): Promise<Row[]> {
    return (await sql.raw<Row>(statement).execute(this.db.database.kysely)).rows;
  }

  /** A row like another one, but for some columns; its values are SQL. */
  async addRow(id: string, columns: Readonly<Record<string, string>>): Promise<void> {
    const all = { request_id: `'${id}'`, ...columns };
    const names = Object.keys(all).map((name) => `"${name}"`);
    await this.run(`
      create temp table one on commit drop as select * from "LiteLLM_SpendLogs" where request_id = '${LIKE}';
      update one set ${names.map((name, at) => `${name} = ${Object.values(all)[at]}`).join(', ')};
      insert into "LiteLLM_SpendLogs" select * from one`);
  }

  drop(): Promise<void> {
    return this.db.drop();
  }
}

/** A call of bob's own key that cost 7.5e-05. */
const LIKE = 'chatcmpl-fd97958e-df0a-5c99-9e78-1e9d7f8bb057';
