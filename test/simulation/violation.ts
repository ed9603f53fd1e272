/**
 * Something that must never happen. The first one is kept: a script's step or function may catch what is thrown beneath it, and
 * take it for a failure of its own.
 */
export class Violation extends Error {
  static first: Violation | null = null;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    Violation.first ??= this;
  }
}
