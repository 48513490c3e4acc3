/** The process cannot start as things are; the message is the sentence that says why. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
