const { default: Sequencer } = require('@jest/test-sequencer');

/** Names that stand in a path; earlier ones begin first. */
const LONGEST_FIRST = ['/holds/bound.', '/26239-per-month.', '.e2e.', '.int.', '.unit.'];

/**
 * Whole processes first: their suites take longest, and one that begins last keeps every other worker waiting. Jest
 * alone goes by the size of files in a fresh clone.
 */
module.exports = class LongFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => LONGEST_FIRST.findIndex((name) => path.includes(name));
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
