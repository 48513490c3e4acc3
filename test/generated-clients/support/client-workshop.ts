import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createTestDatabase, LedgerProcess, type TestDatabase } from '#libs/testing';

const PROGRAMS = resolve(__dirname, '../programs');

/** A real ledger, and a folder in which a client of it is made. */
export class ClientWorkshop {
  private constructor(
    private readonly db: TestDatabase,
    readonly ledger: LedgerProcess,
    readonly folder: string,
  ) {}

  static async open(): Promise<ClientWorkshop> {
    const db = await createTestDatabase();
    const ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-clients-'));
    return new ClientWorkshop(db, ledger, folder);
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Puts one of `programs/` where a client needs it. */
  async place(program: string, ...parts: readonly string[]): Promise<string> {
    const path = this.path(...parts);
    await mkdir(dirname(path), { recursive: true });
    await cp(join(PROGRAMS, program), path);
    return path;
  }

  async close(): Promise<void> {
    await this.ledger.stop();
    await this.db.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
