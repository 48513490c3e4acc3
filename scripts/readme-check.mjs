/**
 * Does what the README and the pages in docs/ tell a reader to do, one after the other on one ledger that is started
 * the way the README says; runbooks call its address $LEDGER. A fenced `sh` block directly below `<!-- ci -->` is run; `<!-- expect: text -->` lines below it name what it must print.
 */
import { globSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { readBlocks } from './readme/blocks.mjs';
import { runBlock } from './readme/run-block.mjs';
import { startLedger } from './readme/start-ledger.mjs';

const PORTS = [8080, 9090];
const GIVEN = process.argv.slice(2);
const DOCS = ['docs/*.md', 'docs/runbooks/*.md'].flatMap((pages) => globSync(pages).sort());
const PAGES = GIVEN.length > 0 ? GIVEN : ['README.md', ...DOCS];
const LEDGER = `http://127.0.0.1:${PORTS[0]}`;

try {
  await checkReadme();
} catch (error) {
  console.log(`readme: ${error.message}`);
  process.exitCode = 1;
}

async function checkReadme() {
  const blocks = PAGES.flatMap((page) =>
    readBlocks(readFileSync(page, 'utf8')).map((block) => ({ page, ...block })),
  );
  if (blocks.length === 0) throw new Error('no block is marked <!-- ci -->');
  for (const port of PORTS) await mustBeFree(port);
  const ledger = await startLedger(`${LEDGER}/readyz`);
  try {
    for (const block of blocks) await check(block, ledger);
  } finally {
    await ledger.stop();
  }
  console.log(`readme: ${blocks.length} blocks of ${PAGES.length} pages do what they say`);
}

async function check(block, ledger) {
  const { code, output } = await runBlock(block.script, { LEDGER });
  const missing = block.expected.filter((text) => !output.includes(text));
  if (code === 0 && missing.length === 0) {
    console.log(`✓ ${block.page}:${block.line}: ${block.script.split('\n')[0]}`);
    return;
  }
  console.log(
    `✗ ${block.page}:${block.line}\n${indent(block.script)}\n  printed:\n${indent(output)}`,
  );
  console.log(`  the ledger printed last:\n${indent(ledger.lastOutput())}`);
  throw new Error(
    code === 0
      ? `the block at ${block.page}:${block.line} did not print: ${missing.join(' | ')}`
      : `the block at ${block.page}:${block.line} ended with ${code}`,
  );
}

function indent(text) {
  return text.trim().replace(/^/gm, '    ');
}

function mustBeFree(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      reject(new Error(`port ${port} is taken; the README's commands need it`));
    });
    socket.once('error', () => resolve());
  });
}
