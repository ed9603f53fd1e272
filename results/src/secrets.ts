/** Shown instead of a secret. */
export const MASK = "***";

/**
 * User names count as secrets: ThingsBoard's access token is one. Sharing a name with a secret is enough (`tokens`,
 * `deviceKey`), for a mask too many costs nothing.
 */
const SECRET_NAME =
  /pass|pwd|secret|token|credential|authori[sz]ation|cookie|signature|user_?-?name|(^|[^a-z])sas([^a-z]|$)|key$|^pfx$/i;

const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  // scheme://user:password@host
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*(?:@[^\s/?#@]*)*@/gi, `$1${MASK}@`],
  // ?token=…&sig=…
  [/([?&;,\s](?:[\w-]*(?:pass|pwd|secret|token|key|signature)\w*|sig|code)=)[^&;,\s"']+/gi, `$1${MASK}`],
  [/^((?:[\w-]*(?:pass|pwd|secret|token|key|signature)\w*|sig)=)[^&;,\s"']+/gi, `$1${MASK}`],
  [/\b(Bearer|Basic|Digest)\s+[\w.~+/=-]{6,}/gi, `$1 ${MASK}`],
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, MASK],
  [/-----BEGIN [^-]*PRIVATE KEY-----[\s\S]*?(?:-----END [^-]*PRIVATE KEY-----|$)/g, MASK],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, MASK],
  // "password": "…" inside a payload
  [/("[\w-]*(?:pass|pwd|secret|token|key|username)\w*"\s*:\s*)("(?:[^"\\]|\\.)*"|[\d.]+)/gi, `$1"${MASK}"`],
];

/** Nothing but a place holder, such as `{{ password }}`: says where the secret comes from, and is none. */
const ONLY_TEMPLATE = /^\s*(\{\{[^{}]*\}\}\s*)+$/;
const DEEPEST = 32;
/** A longer text is a payload for the broker, and no help to a reader. */
const LONGEST_TEXT = 20_000;

/** A copy of a script, or of a part of one, as plain JSON that may be shown and kept. Never throws. */
export function maskSecrets(value: unknown): unknown {
  return masked(value, false, []);
}

export function maskText(text: string): string {
  return SECRET_TEXT.reduce((masked, [pattern, mask]) => masked.replace(pattern, mask), text);
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
