import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filterProblem, matchesFilter, topicProblem } from "../../../engine/src/device/topic.ts";

/** The filter as a regular expression, level by level: another way to the same rules. */
function reference(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  if (filter === "#") return true;
  const literal = (level: string): string => level.replace(/[.*?^${}()|[\]\\]/g, "\\$&");
  const open = filter.endsWith("/#");
  const levels = (open ? filter.slice(0, -2) : filter).split("/");
  const pattern = levels.map((level) => (level === "+" ? "[^/]*" : literal(level))).join("/");
  return new RegExp(`^${pattern}${open ? "(/.*)?" : ""}$`, "s").test(topic);
}

// Few different levels, so that filters often match.
const level = fc.constantFrom("", "a", "b", "a.c", "$SYS", "$");
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const filter = fc
  .tuple(
    fc.array(fc.oneof(level, fc.constant("+")), { minLength: 0, maxLength: 4 }),
    fc.constantFrom<string[]>([], ["#"]),
  )
  .map(([levels, end]) => [...levels, ...end].join("/"))
  .filter((text) => text !== "");

describe("matchesFilter", () => {
  it("agrees with a regular expression made from the filter", () => {
    let matched = 0;
    let runs = 0;
    fc.assert(
      fc.property(filter, topic, (oneFilter, oneTopic) => {
        const expected = reference(oneFilter, oneTopic);
        runs++;
        if (expected) matched++;
        expect(matchesFilter(oneFilter, oneTopic)).toBe(expected);
      }),
      { numRuns: 5000, seed: 1 },
    );
    // Both answers were asked for often enough to mean something.
    expect(matched).toBeGreaterThan(runs * 0.1);
    expect(matched).toBeLessThan(runs * 0.9);
  });

  it.each([
    // The examples of MQTT 3.1.1 section 4.7.1.2 and 4.7.1.3.
    ["sport/tennis/player1/#", "sport/tennis/player1", true],
    ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
    ["sport/#", "sport", true],
    ["sport/tennis/+", "sport/tennis/player1/ranking", false],
    ["sport/+", "sport", false],
    ["sport/+", "sport/", true],
    ["+/+", "/finance", true],
    ["/+", "/finance", true],
    ["+", "/finance", false],
    ["#", "$SYS/monitor", false],
    ["+/monitor/Clients", "$SYS/monitor/Clients", false],
    ["$SYS/#", "$SYS/monitor", true],
    ["$SYS/monitor/+", "$SYS/monitor/Clients", true],
    ["Sport", "sport", false],
  ])("%s and %s: %s", (oneFilter, oneTopic, expected) => {
    expect(matchesFilter(oneFilter, oneTopic)).toBe(expected);
  });
});

describe("filterProblem", () => {
  it("accepts every filter that the generator can make", () => {
    fc.assert(fc.property(filter, (oneFilter) => filterProblem(oneFilter) === null));
  });

  it.each([
    ["", "is empty"],
    ["a\u0000", "holds a null character"],
    ["a/#/b", "may have # only as its last level"],
    ["a#", "may have # only as its last level"],
    ["##", "may have # only as its last level"],
    ["a/b+", "may have + only as a whole level"],
    ["+a/b", "may have + only as a whole level"],
  ])("%j %s", (oneFilter, problem) => {
    expect(filterProblem(oneFilter)).toBe(problem);
  });
});

describe("topicProblem", () => {
  it.each([
    ["a/b", null],
    ["/", null],
    ["", "is empty"],
    ["a/+", "may not hold + or # or a null character"],
    ["a/b#", "may not hold + or # or a null character"],
    ["a\u0000b", "may not hold + or # or a null character"],
  ])("%j: %s", (oneTopic, problem) => {
    expect(topicProblem(oneTopic)).toBe(problem);
  });
});

describe("what the two bytes of a length cannot say", () => {
  it("is neither topic name nor filter, however many bytes its characters take", () => {
    const character = fc.constantFrom("a", "é", "漢", "😀", "\ud800");
    fc.assert(
      fc.property(character, fc.integer({ min: -3, max: 3 }), (one, more) => {
        const bytes = Buffer.byteLength(one);
        const text = one.repeat(Math.floor(65_535 / bytes) + more);
        const problem = Buffer.byteLength(text) > 65_535 ? "is longer than 65535 bytes" : null;
        expect([topicProblem(text), filterProblem(text)]).toEqual([problem, problem]);
      }),
    );
  });
});
