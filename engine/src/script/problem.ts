import { isAuthBackEnd, isAuthBackEndPath, isSecretName } from "../secrets/secret-names.ts";
import { isAfterSecretFlag, MASK, maskText } from "../secrets/secret-text.ts";

/** One thing wrong with a script. */
export interface Problem {
  /** A reader finds it in the file by this: `config.engines.mqtt.storms[1].fraction`. */
  path: string;
  value: unknown;
  allowed: string;
  hint?: string;
}

/** All problems as one text, each on a line of its own. */
export function renderProblems(
  problems: readonly Problem[],
  where = "the script",
  outcome = "nothing was connected",
): string {
  const lines = problems.map((problem) => {
    const hint = problem.hint ? ` (${problem.hint})` : "";
    const found = problem.value === undefined ? "is missing" : `${renderValue(problem)} is not allowed`;
    return `  ${problem.path}: ${found}; allowed: ${problem.allowed}${hint}`;
  });
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [`artillery-engine-mqtt: ${count} in ${where}; ${outcome}.`, ...lines].join("\n");
}

function renderValue({ path, value, hint }: Problem): string {
  // A misspelt `password` is a secret too, and only the hint knows that it is one.
  if ((isSecretName(path) && !isAuthBackEndPath(path)) || isSecretName(hint ?? ""))
    return "the value (not shown)";
  if (typeof value === "number") return String(value);
  const text =
    typeof value === "function" ? "a function" : (JSON.stringify(value, hideSecrets) ?? String(value));
  return shorten(maskText(text));
}

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** Called before JSON writes a text in its own way: what is known to be hidden would not be found in that. */
function hideSecrets(key: string, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (isSecretName(key) && !isAuthBackEnd(key, value)) return MASK;
  if (Array.isArray(value)) return value.map((item, i) => (isAfterSecretFlag(value, i) ? MASK : item));
  return typeof value === "string" ? maskText(value) : value;
}

/** Writes ["config", "storms", 1, "at"] as `config.storms[1].at`. */
export function renderPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(String(part)))
      text += text === "" ? String(part) : `.${String(part)}`;
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text;
}
