import {
  isAfterSecretFlag,
  isAuthBackEnd,
  isHiddenValue,
  isSecretName,
  MASK,
  maskText,
} from "artillery-engine-mqtt/contract";

/** Nothing but a place holder, such as `{{ password }}`, which says where the secret comes from, and is none. */
const ONLY_TEMPLATE = /^\s*(\{\{[^{}]*\}\}\s*)+$/;
const DEEPEST = 32;
/** A longer text is a payload for the broker, and no help to a reader. */
const LONGEST_TEXT = 20_000;

/** A copy of a script, or of a part of one, as plain JSON that may be shown and kept. Never throws. */
export function maskSecrets(value: unknown): unknown {
  return masked(value, false, []);
}

function shown(text: string): string {
  return text.length > LONGEST_TEXT ? `(${text.length} characters)` : maskText(text);
}

function masked(value: unknown, secret: boolean, above: readonly object[]): unknown {
  if (typeof value === "string") {
    if (!secret) return shown(value);
    return value === "" || ONLY_TEMPLATE.test(value) ? value : MASK;
  }
  if (typeof value === "number") return secret || isHiddenValue(String(value)) ? MASK : value;
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value !== "object") return value === undefined ? undefined : `(${typeof value})`;
  if (above.includes(value) || above.length >= DEEPEST) return "(…)";
  if (ArrayBuffer.isView(value)) return secret ? MASK : `(${value.byteLength} bytes)`;
  const path = [...above, value];
  if (Array.isArray(value)) {
    // It may be a command, where a secret stands after its flag.
    return value.map((item, i) => masked(item, secret || isAfterSecretFlag(value, i), path));
  }
  const entries = Object.entries(value).map(([key, item]) => [
    maskText(key),
    masked(item, secret || (isSecretName(key) && !isAuthBackEnd(key, item)), path),
  ]);
  return Object.fromEntries(entries);
}
