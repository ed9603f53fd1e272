/**
 * Failures of the script itself: neither broker nor back end had a part in them, and whoever tried again would fail of the same.
 * They are names of metrics: `errors.<failure>`.
 */
export const SCRIPT_FAILURES = [
  /** A function of the user's, or a step with a value that it cannot take, threw or said that it failed. */
  "script_error",
  /** A function of the user's never called `done`. */
  "function_never_done",
  /** A template has a variable that nothing has set. */
  "undefined_variable",
  "invalid_topic",
  "invalid_topic_filter",
  "invalid_url",
  "invalid_payload",
  "invalid_properties",
] as const;
export type ScriptFailure = (typeof SCRIPT_FAILURES)[number];

const NAMES: ReadonlySet<string> = new Set(SCRIPT_FAILURES);

export function isOfScript(failure: string): failure is ScriptFailure {
  return NAMES.has(failure);
}
