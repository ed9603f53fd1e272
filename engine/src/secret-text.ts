/** Shown instead of a secret. */
export const MASK = "***";

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

/** A text in which whatever looks like a secret is masked. */
export function maskText(text: string): string {
  return SECRET_TEXT.reduce((masked, [pattern, mask]) => masked.replace(pattern, mask), text);
}
