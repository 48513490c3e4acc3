/**
 * Every `npm` command of this repository comes through here, so that each works alone on a fresh clone:
 * packages, runtime and build are brought up to date first, and only as far as they need it.
 *
 * This file is read by whatever Node a machine has; nothing newer than the check below may stand in it.
 */
import process from 'process';

const OLDEST_NODE = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  console.error(
    `This needs Node ${OLDEST_NODE.join('.')} or newer to start; this is ${process.versions.node}.`,
  );
  process.exit(1);
}

import('./setup/launch.mjs')
  .then(({ launch }) => launch(process.argv[2], process.argv.slice(3)))
  .catch((error) => {
    console.error(error.plain ? error.message : error);
    // Who counts tests reads the last line, also when none could start.
    const before = (process.env.FAILED_BEFORE_TESTS || '').split(' ').filter(Boolean);
    if (process.argv[2] === 'test') console.log(`0 passed, ${before.length + 1} failed`);
    process.exit(1);
  });
