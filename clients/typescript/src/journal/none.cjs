/** In place of the journal where a runtime has no files. */
exports.FileJournal = {
  open() {
    throw new Error('This runtime has no files for a journal. Set journal: false.');
  },
};
