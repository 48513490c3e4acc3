/** @needs envoy */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PROJECT_FOLDER } from '#libs/testing';

it('the demo with Envoy tells a story in which every number is right', async () => {
  const run = promisify(execFile)(process.execPath, ['dist/apps/standalone/src/demo.js', 'envoy'], {
    cwd: PROJECT_FOLDER,
  });
  const { stdout } = await run;
  expect(stdout).toContain('Every number is right');
  expect(stdout).not.toContain('WRONG');
});
