import { describe, expect, it } from "vitest";
import { EVENT, EVENT_COLUMNS, Timeline } from "../../../engine/src/capture/timeline.ts";
import { TIMELINE_COLUMNS } from "../../../engine/src/contract.ts";

describe("the timeline", () => {
  it("has the contract's columns, events last and in their order", () => {
    expect(Timeline.header).toBe(TIMELINE_COLUMNS.join(","));
    expect([...TIMELINE_COLUMNS.slice(4)]).toEqual([...EVENT_COLUMNS]);
  });

  it("has a row per cohort and 100 ms, on multiples of 100 ms since the epoch", () => {
    const timeline = new Timeline(["a", "b"], 1_000_042);
    expect(timeline.advance(1_000_099)).toEqual([]);
    expect(timeline.advance(1_000_100)).toEqual([
      "1000000,a,0,0,0,0,0,0,0,0,0,0",
      "1000000,b,0,0,0,0,0,0,0,0,0,0",
    ]);
    expect(timeline.advance(1_000_399).map((line) => line.slice(0, 9))).toEqual([
      "1000100,a",
      "1000100,b",
      "1000200,a",
      "1000200,b",
    ]);
  });

  it("counts events in the row in which they happen, and carries levels on", () => {
    const timeline = new Timeline(["a", "b"], 0);
    timeline.count(0, EVENT.drops);
    timeline.count(0, EVENT.connect_attempts);
    timeline.count(0, EVENT.connect_attempts);
    timeline.count(1, EVENT.late_responses);
    timeline.online(0, 1);
    timeline.online(0, 1);
    timeline.ready(0, 1);
    timeline.online(1, 1);
    timeline.online(0, -1);
    expect(timeline.onlineOf(0)).toBe(1);
    expect(timeline.advance(200)).toEqual([
      "0,a,1,1,1,2,0,0,0,0,0,0",
      "0,b,1,0,0,0,0,0,0,0,0,1",
      "100,a,1,1,0,0,0,0,0,0,0,0",
      "100,b,1,0,0,0,0,0,0,0,0,0",
    ]);
    timeline.online(0, -1);
    timeline.ready(0, -1);
    expect(timeline.advance(300)[0]).toBe("200,a,0,0,0,0,0,0,0,0,0,0");
  });

  it.each(
    EVENT_COLUMNS.map((column, i) => [column, i] as const),
  )("counts %s in its own column", (column, index) => {
    const timeline = new Timeline(["a"], 0);
    timeline.count(0, EVENT[column]);
    const values = timeline.advance(100)[0]?.split(",").slice(4).map(Number);
    expect(values).toEqual(EVENT_COLUMNS.map((_, i) => (i === index ? 1 : 0)));
  });

  it("gives the row that is not complete only at the end, and once", () => {
    const timeline = new Timeline(["a"], 0);
    timeline.count(0, EVENT.drops);
    expect(timeline.advance(50)).toEqual([]);
    expect(timeline.advance(50, true)).toEqual(["0,a,0,0,1,0,0,0,0,0,0,0"]);
    expect(timeline.advance(50, true)).toEqual([]);
  });

  it("stands still where the clock goes back", () => {
    const timeline = new Timeline(["a"], 1000);
    expect(timeline.advance(500)).toEqual([]);
    timeline.count(0, EVENT.drops);
    expect(timeline.advance(1100)).toEqual(["1000,a,0,0,1,0,0,0,0,0,0,0"]);
  });

  it.each([
    ["plain name", "plain name"],
    ["a,b", '"a,b"'],
    ['say "go"', '"say ""go"""'],
    ["two\nlines", '"two\nlines"'],
    ["two\rlines", '"two\rlines"'],
  ])("quotes the cohort %j as RFC 4180 says", (name, field) => {
    expect(new Timeline([name], 0).advance(100)).toEqual([`0,${field},0,0,0,0,0,0,0,0,0,0`]);
  });
});
