const MARK = '<!-- ci -->';
const FENCE = /^```(sh|bash)\s*$/;
const EXPECTATION = /^<!-- expect: (.*) -->$/;
/** What the check has done already by the time it runs a block. */
const START = /^npm start\b/;

/** The marked blocks of a README: `{ line, script, expected }[]`, lines counted from 1. */
export function readBlocks(markdown) {
  const lines = markdown.split('\n').map((line) => line.trimEnd());
  const marked = lines.flatMap((line, at) => (line.trim() === MARK ? [readBlock(lines, at)] : []));
  return marked.filter(({ script }) => script !== '');
}

function readBlock(lines, markAt) {
  const start = nextFilled(lines, markAt + 1);
  const end = lines.indexOf('```', start + 1);
  if (!FENCE.test(lines[start] ?? '') || end < 0) {
    throw new Error(`line ${markAt + 1}: ${MARK} must stand directly above a fenced sh block`);
  }
  const commands = lines.slice(start + 1, end).filter((line) => !START.test(line));
  return { line: start + 1, script: commands.join('\n'), expected: expectationsBelow(lines, end) };
}

function expectationsBelow(lines, end) {
  const expected = [];
  for (let at = nextFilled(lines, end + 1); ; at = nextFilled(lines, at + 1)) {
    const text = EXPECTATION.exec(lines[at] ?? '')?.[1];
    if (text === undefined) return expected;
    expected.push(text);
  }
}

function nextFilled(lines, from) {
  const at = lines.findIndex((line, index) => index >= from && line !== '');
  return at < 0 ? lines.length : at;
}
