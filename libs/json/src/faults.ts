/** What is wrong with one place in a tree. `field` is a path such as `data.scope.userId`, `""` for the whole. */
export interface FieldFault {
  readonly field: string;
  readonly rule: string;
  readonly message: string;
}

/** Takes secrets out of a text that is about to be shown. */
export type Redact = (text: string) => string;
