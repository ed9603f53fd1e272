/** Topics that are made from parts of other topics: `config/+/get` answered on `config/$1`. */

/** What the wildcards of `filter` stand for in `topic`, or null where it does not match. `#` captures the rest. */
export function captureTopic(filter: string, topic: string): string[] | null {
  const filters = filter.split("/");
  const levels = topic.split("/");
  const captures: string[] = [];
  for (let i = 0; i < filters.length; i++) {
    if (filters[i] === "#") {
      // It matches the level above too, with nothing to capture [MQTT 3.1.1, 4.7.1.2].
      captures.push(levels.slice(i).join("/"));
      return captures;
    }
    const level = levels[i];
    if (level === undefined) return null;
    if (filters[i] === "+") captures.push(level);
    else if (filters[i] !== level) return null;
  }
  return filters.length === levels.length ? captures : null;
}

/**
 * `$1` is the first capture, up to `$9`; one that there is no capture for stays as it is. An empty one takes the slash before it
 * along, so that `config/$1/$2` is `config/a` where `#` of `config/+/get/#` stands for nothing.
 */
export function fillPattern(pattern: string, captures: readonly string[]): string {
  return compilePattern(pattern)(captures);
}

/** The same, for a pattern that is filled many times. */
export function compilePattern(pattern: string): (captures: readonly string[]) => string {
  const places: { before: string; slash: string; digit: number; whole: string }[] = [];
  let from = 0;
  for (const match of pattern.matchAll(/(\/?)\$(\d)/g)) {
    const [whole, slash = "", digit] = match;
    places.push({ before: pattern.slice(from, match.index), slash, digit: Number(digit), whole });
    from = match.index + whole.length;
  }
  const rest = pattern.slice(from);
  return (captures) => {
    let text = "";
    for (const { before, slash, digit, whole } of places) {
      const capture = captures[digit - 1];
      text += before;
      if (capture === undefined) text += whole;
      else if (capture !== "") text += slash + capture;
    }
    return text + rest;
  };
}
