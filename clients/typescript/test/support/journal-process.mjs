/**
 * A process that has a journal open. It does what each line on stdin says, and answers each with a line.
 * `node journal-process.mjs <folder> <ledger>`
 */
import { createInterface } from 'node:readline';
import { FileJournal } from 'spend-ledger/journal';
import { machine } from './machine.mjs';

const [folder, ledger] = process.argv.slice(2);
const warnings = [];
const warn = (message) => warnings.push(message);
const journal = await FileJournal.open({ folder, ledger, maxBytes: 1024 * 1024, warn, machine });
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
say('open');

const commands = {
  put: async (entry) => {
    journal.put(entry);
    await journal.saved();
    return 'put';
  },
  delay: async ({ id, notBefore }) => {
    journal.delay({ id }, notBefore);
    return 'delayed';
  },
  adopt: async () => ({ ...(await journal.adopt()), warnings }),
  counts: async () => journal.counts(),
  close: async () => {
    await journal.close();
    return 'closed';
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  const { does, what } = JSON.parse(line);
  say(await commands[does](what));
}
