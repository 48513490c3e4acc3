/** The command cannot do what it was asked; the message is the sentence that says why. Nothing was changed. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
}
