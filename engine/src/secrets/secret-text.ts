import { isSecretName } from "./secret-names.ts";
import { hiddenParts, isHiddenValue } from "./secret-values.ts";

/** Shown instead of a secret. */
export const MASK = "***";

/** A value in quotes, with or without a backslash before them, or up to where no value goes on. */
const QUOTED = String.raw`"(?:[^"\\\n]|\\.)*"|\\+"(?:[^"\\]|\\+[^"\\])*\\+"|'[^'\n]*'`;

type Replacement = string | ((match: string, ...groups: string[]) => string);

const SECRET_TEXT: readonly (readonly [RegExp, Replacement])[] = [
  [/-----BEGIN [^-]*PRIVATE KEY-----[\s\S]*?(?:-----END [^-]*PRIVATE KEY-----|$)/g, MASK],
  // The body of a key in PEM whose first line was lost: RFC 7468 section 2 has 64 characters in a line.
  [
    /(?<![\w+/=])[A-Za-z\d+/]{60,}={0,2}(?:(?:\r?\n|\\n)(?=\w)(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?(?=\s|\\n|$))*/g,
    maskRandom,
  ],
  // scheme://user:password@host
  [/(\b[a-z][a-z0-9+.-]{0,40}:\/\/)[^\s/?#@]*(?:@[^\s/?#@]*)*@/gi, `$1${MASK}@`],
  [/\b(Bearer|Basic|Digest)\s+[\w.~+/=-]{6,}/gi, `$1 ${MASK}`],
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, MASK],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, MASK],
  // "tokens": ["…"] and "credentials": {…} in a payload, up to the first that closes.
  [
    /(?<![\w-])([\w-]+)(\\*["']?[ \t]*[:=][ \t]*)(\[[^\]]{0,4000}\]|\{[^{}]{0,4000}\})/g,
    (match, name = "", between = "", value = "") =>
      isSecretName(name) ? `${name}${between}${maskedList(between, value)}` : match,
  ],
  // --password X, -P X, -u name:password; a number after -p is a port.
  [
    new RegExp(String.raw`(?<![^\s"'])(--?[\w-]+)(\s+|=)(?!-)(${QUOTED}|[^\s"']+)`, "g"),
    (match, flag = "", gap = "", value = "") =>
      isSecretFlag(flag, value) && value !== MASK ? `${flag}${gap}${MASK}` : match,
  ],
  [/(?<![^\s"'])(-[Pu])(?=[^\s"'])[^\s"']+/g, `$1${MASK}`],
  // ?token=…&sig=…, PASSWORD=…
  [
    /(?<![\w-])([\w-]+)=([^&;,\s"']+)/g,
    (match, name = "", value = "") => (isSecretName(name) && value !== MASK ? `${name}=${MASK}` : match),
  ],
  [/([?&]code=)[^&;,\s"']+/gi, `$1${MASK}`],
  // "password": "…" in a payload, PASSWORD='…' in a command line.
  [new RegExp(String.raw`(?<![\w-])([\w-]+)(\\*["']?[ \t]*[:=][ \t]*)(${QUOTED})`, "g"), maskNamed],
  // X-Auth: … in a header, to its end: a header's value has blanks. "pin": 1234 in a payload.
  [/(?<![\w-])([\w-]+)(\\*["']?[ \t]*:[ \t]*)([^\s"'\\,{}[\]][^\n"']*)/g, maskNamed],
];

/** A value that a pattern has masked before: `Bearer ***`. */
const MASKED_VALUE = /^(?:\w+ )?\*\*\*$/;

function maskNamed(match: string, name = "", between = "", value = ""): string {
  if (!isSecretName(name) || value === "" || MASKED_VALUE.test(value)) return match;
  const quote = /^\\*["']/.exec(value)?.[0] ?? "";
  if (quote !== "") return `${name}${between}${quote}${MASK}${quote}`;
  // `{"pin": 1234}`, and not what comes after it.
  const inJson = /["']/.test(between);
  if (!inJson) return `${name}${between}${MASK}`;
  return `${name}${between}"${MASK}"${value.replace(/^[^,}\]]*/, "")}`;
}

/** A text in JSON, which ends where the list does; elsewhere the mask stands in its brackets, which say so. */
function maskedList(between: string, value: string): string {
  return /["']/.test(between) ? `"${MASK}"` : `${value[0]}${MASK}${value.at(-1)}`;
}

/** Letters and digits that look drawn at random, and so are no path and no number. */
function maskRandom(match: string): string {
  const slashes = match.split("/").length - 1;
  const mixed = /[a-z]/.test(match) && /[A-Z]/.test(match) && /\d/.test(match);
  return mixed && slashes * 12 <= match.length ? MASK : match;
}

/** Flags of clients of MQTT and HTTP that take a secret, and every flag that is called like one. */
function isSecretFlag(flag: string, value: string): boolean {
  if (flag === "-P" || flag === "-u" || /^--?user$/.test(flag)) return true;
  if (flag === "-p") return !/^[\d:.]+$/.test(value);
  return isSecretName(flag);
}

/** A text in which whatever looks like a secret is masked, and whatever is known to be one. */
export function maskText(text: string, known: readonly string[] = []): string {
  if (isHiddenValue(text)) return MASK;
  let masked = maskHidden(text, known);
  for (const [pattern, replacement] of SECRET_TEXT) masked = masked.replace(pattern, replacement as string);
  return masked;
}

/** Arguments that are secrets by the flag before them: the command may say them again. */
export function secretArguments(command: readonly string[]): string[] {
  return command.filter((argument, index) => argument.length > 3 && isAfterSecretFlag(command, index));
}

/** Masks in a text of our own whatever is known to be a secret, and nothing that only looks like one. */
export function maskHidden(text: string, known: readonly string[] = []): string {
  return [...known, ...hiddenParts()].reduce((masked, value) => masked.replaceAll(value, MASK), text);
}

/** A URL without what may be secret in it: user name, password (whatever it holds), query. So is a text that is no URL. */
export function maskUrl(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1").replace(/\?.*$/s, "");
}

/** Whether this element of a list stands apart from the flag that makes it a secret: `["--password", "…"]`. */
export function isAfterSecretFlag(list: readonly unknown[], index: number): boolean {
  const [flag, argument] = [list[index - 1], list[index]];
  if (typeof flag !== "string" || !/^--?[\w-]+$/.test(flag) || argument === "") return false;
  const text = typeof argument === "object" ? "" : String(argument);
  return !text.startsWith("-") && isSecretFlag(flag, text);
}
