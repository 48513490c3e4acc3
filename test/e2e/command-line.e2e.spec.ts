import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  BUILT_FOLDER,
  createTestDatabase,
  ledgerCommand,
  openTestLog,
  projectLog,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';

const SCOPE = { type: 'user', userId: 'al\u202e\u200bice' } as const;

/** As a process of its own: what it writes to a terminal, or to a disk that is full. */
describe('the command line', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    await openTestLog(db.database).append([spendRecord(SCOPE, '1.00')]);
    await projectLog(db.database);
  });
  afterAll(() => db.drop());

  it('says what it was given, and what is on record, as it can be seen', async () => {
    const env = { DATABASE_URL: db.url };
    const unknown = await ledgerCommand(env, 'all\u001b[2J\u009bm');
    expect(unknown).toMatchObject({ status: 2, stdout: '' });
    expect(unknown.stderr).toContain('There is no command "all\\u001b[2J\\u009bm"');
    const balance = await ledgerCommand(env, 'balance', `user:${SCOPE.userId}`);
    expect(balance).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('user:al\\u202e\\u200bice: 1.00 spent'),
    });
  });

  it.each([['export'], ['events', `user:${SCOPE.userId}`], ['verify'], ['--help']])(
    'says in a sentence that what it writes to is full: %s',
    async (...args) => {
      const full = await open('/dev/full', 'w');
      try {
        const child = spawn(process.execPath, [resolve(BUILT_FOLDER, 'ledger.js'), ...args], {
          env: { ...process.env, DATABASE_URL: db.url },
          stdio: ['ignore', full.fd, 'pipe'],
        });
        let said = '';
        child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
        await once(child, 'close');
        expect(said.trimEnd().split('\n').at(-1)).toBe(
          'The answer cannot be written: the disk is full (ENOSPC).',
        );
        expect(said).not.toMatch(/\n {4}at /);
        expect(child.exitCode).toBe(2);
      } finally {
        await full.close();
      }
    },
  );
});
