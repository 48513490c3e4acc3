/** In place of the journal where a runtime has no files. */
export const FileJournal = {
  open(): never {
    throw new Error('This runtime has no files for a journal. Set journal: false.');
  },
};
