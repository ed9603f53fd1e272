/** Topic names and filters. MQTT 3.1.1 section 4.7. */

/** A string or binary field of MQTT holds no more bytes: [MQTT-4.7.3-3], sections 1.5.4 and 1.5.6 of MQTT 5.0. */
export const LONGEST_FIELD_BYTES = 65_535;

/** Whether the codec could write the length of a field: it would write that of a longer one wrongly, without a word. */
export function isTooLong(field: string): boolean {
  // No UTF-16 unit takes more than three bytes: most texts need not be measured.
  return field.length * 3 > LONGEST_FIELD_BYTES && Buffer.byteLength(field) > LONGEST_FIELD_BYTES;
}

const TOO_LONG = `is longer than ${LONGEST_FIELD_BYTES} bytes`;

/** True where `filter` matches `topic`; `+` is one level, `#` the rest, neither matches a leading `$`. */
export function matchesFilter(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  if (filter.indexOf("+") < 0 && filter.indexOf("#") < 0) return false;
  // [MQTT-4.7.2-1]
  if (topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) return false;
  return matchLevels(filter, topic);
}

const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;

/** Goes through both at once, and makes no lists of levels: this is done for every message of every device. */
function matchLevels(filter: string, topic: string): boolean {
  const end = topic.length;
  let at = 0;
  for (let i = 0; i < filter.length; i++) {
    const code = filter.charCodeAt(i);
    if (code === HASH) return true;
    if (code === PLUS) {
      while (at < end && topic.charCodeAt(at) !== SLASH) at++;
    } else if (at < end && topic.charCodeAt(at) === code) {
      at++;
    } else {
      // `a/#` matches `a` as well.
      return at === end && code === SLASH && filter.charCodeAt(i + 1) === HASH;
    }
  }
  return at === end;
}

/** Why `filter` is no valid topic filter, or null. */
export function filterProblem(filter: string): string | null {
  if (filter === "") return "is empty";
  if (isTooLong(filter)) return TOO_LONG;
  if (filter.includes("\u0000")) return "holds a null character";
  if (!filter.includes("+") && !filter.includes("#")) return null;
  const levels = filter.split("/");
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] as string;
    if (level.includes("#") && (level !== "#" || i !== levels.length - 1))
      return "may have # only as its last level";
    if (level.includes("+") && level !== "+") return "may have + only as a whole level";
  }
  return null;
}

/** Why `topic` is no valid topic name, or null. [MQTT-3.3.2-2] */
export function topicProblem(topic: string): string | null {
  if (topic === "") return "is empty";
  if (isTooLong(topic)) return TOO_LONG;
  if (/[+#]/.test(topic) || topic.includes("\u0000")) return "may not hold + or # or a null character";
  return null;
}
