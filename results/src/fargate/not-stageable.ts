/** It cannot be staged; the message names the path, its value and what is allowed. */
export class NotStageable extends Error {
  override readonly name = "NotStageable";
}
