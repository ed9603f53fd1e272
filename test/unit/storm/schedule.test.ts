import { describe, expect, it } from "vitest";
import {
  planEndMs,
  type StormPlan,
  storyOf,
  storyOnceExpired,
  storyOnceOpen,
} from "../../../engine/src/storm/schedule.ts";

const plan = (index: number, atMs: number, windowMs: number): StormPlan => ({
  index,
  atMs,
  windowMs,
  fraction: 0.5,
  cause: "reset",
});

/** `at kind storm` of each event. */
function told(storms: readonly StormPlan[]): string[] {
  return storyOf(storms).map(
    (event) => `${event.atMs} ${event.kind}${event.kind === "over" ? "" : ` ${event.storm.index}`}`,
  );
}

describe("planEndMs", () => {
  it("is the end of the last window, null without storms", () => {
    expect(planEndMs([plan(1, 20_000, 20_000), plan(2, 60_000, 40_000)])).toBe(100_000);
    expect(planEndMs([])).toBeNull();
  });
});

describe("the story", () => {
  it("is empty without storms", () => {
    expect(told([])).toEqual([]);
  });

  it("chooses half a second before each storm, and is over with the last window", () => {
    expect(told([plan(1, 20_000, 20_000), plan(2, 60_000, 40_000)])).toEqual([
      "19500 prepare 1",
      "20000 begin 1",
      "40000 end 1",
      "59500 prepare 2",
      "60000 begin 2",
      "100000 end 2",
      "100000 over",
    ]);
  });

  it("ends one storm before the next begins at the same instant", () => {
    expect(told([plan(1, 1000, 2000), plan(2, 3000, 1000)])).toEqual([
      "500 prepare 1",
      "1000 begin 1",
      "2500 prepare 2",
      "3000 end 1",
      "3000 begin 2",
      "4000 end 2",
      "4000 over",
    ]);
  });

  it("chooses at time zero for a storm that comes sooner than half a second after it", () => {
    expect(told([plan(1, 0, 1000), plan(2, 1000, 1000)])).toEqual([
      "0 prepare 1",
      "0 begin 1",
      "500 prepare 2",
      "1000 end 1",
      "1000 begin 2",
      "2000 end 2",
      "2000 over",
    ]);
  });
});

describe("a storm that is waited for", () => {
  const external: StormPlan = { ...plan(1, 1000, 5000), cause: "external", waitForMs: 60_000 };
  const last = { ...external, index: 2, atMs: 70_000 };
  const kinds = (story: ReturnType<typeof storyOf>): string[] =>
    story.map(({ kind, atMs }) => `${atMs} ${kind}`);

  it("ends at the latest after its wait and its window", () => {
    expect(planEndMs([external])).toBe(66_000);
    expect(kinds(storyOf([external]))).toEqual([
      "500 prepare",
      "1000 begin",
      "61000 expire",
      "66000 end",
      "66000 over",
    ]);
  });

  it("once open has its window from then on", () => {
    const left = storyOf([external]).slice(2);
    expect(kinds(storyOnceOpen(left, external, 25_000))).toEqual(["25000 end", "25000 over"]);
  });

  it("once expired has none", () => {
    const left = storyOf([external]).slice(3);
    expect(kinds(storyOnceExpired(left, external, 61_000))).toEqual(["61000 over"]);
  });

  it("moves no other storm", () => {
    const other = plan(2, 70_000, 1000);
    const rest = ["69500 prepare", "70000 begin", "71000 end", "71000 over"];
    expect(kinds(storyOnceOpen(storyOf([external, other]).slice(2), external, 9000))).toEqual([
      "9000 end",
      ...rest,
    ]);
    expect(kinds(storyOnceExpired(storyOf([external, other]).slice(3), external, 61_000))).toEqual(rest);
    expect(kinds(storyOnceOpen(storyOf([plan(1, 1000, 10), last]).slice(5), last, 90_000))).toEqual([
      "90000 end",
      "90000 over",
    ]);
  });
});
