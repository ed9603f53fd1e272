import { MASK, maskText } from "artillery-engine-mqtt/contract";

export { MASK, maskText };

/**
 * User names count as secrets: ThingsBoard's access token is one. Sharing a name with a secret is enough (`tokens`,
 * `deviceKey`), for a mask too many costs nothing.
 */
const SECRET_NAME =
  /pass|pwd|secret|token|credential|authori[sz]ation|cookie|signature|user_?-?name|(^|[^a-z])sas([^a-z]|$)|key$|^pfx$/i;

/** Nothing but a place holder, such as `{{ password }}`: says where the secret comes from, and is none. */
const ONLY_TEMPLATE = /^\s*(\{\{[^{}]*\}\}\s*)+$/;
const DEEPEST = 32;
/** A longer text is a payload for the broker, and no help to a reader. */
const LONGEST_TEXT = 20_000;

/** A copy of a script, or of a part of one, as plain JSON that may be shown and kept. Never throws. */
export function maskSecrets(value: unknown): unknown {
  return masked(value, false, []);
}

function masked(value: unknown, secret: boolean, above: readonly object[]): unknown {
  if (typeof value === "string") {
    if (!secret) return value.length > LONGEST_TEXT ? `(${value.length} characters)` : maskText(value);
    return value === "" || ONLY_TEMPLATE.test(value) ? value : MASK;
  }
  if (typeof value === "number") return secret ? MASK : value;
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value !== "object") return value === undefined ? undefined : `(${typeof value})`;
  if (above.includes(value) || above.length >= DEEPEST) return "(…)";
  if (ArrayBuffer.isView(value)) return secret ? MASK : `(${value.byteLength} bytes)`;
  const path = [...above, value];
  if (Array.isArray(value)) return value.map((item) => masked(item, secret, path));
  const entries = Object.entries(value).map(([key, item]) => [
    maskText(key),
    masked(item, secret || SECRET_NAME.test(key), path),
  ]);
  return Object.fromEntries(entries);
}
