import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COLUMN, Timeline } from "../../../engine/src/capture/timeline.ts";
import { TIMELINE_COLUMNS, TIMELINE_EVENTS } from "../../../engine/src/contract.ts";

function timelineOf(cohorts: string[], startMs: number) {
  let now = startMs;
  return {
    timeline: new Timeline(cohorts, () => now),
    at: (ms: number): void => {
      now = ms;
    },
  };
}

/** What a row does not say is 0. */
function row(begins: string): string {
  const quoted = /"(?:[^"]|"")*"/g;
  const given = begins.replace(quoted, "").split(",").length;
  return `${begins}${",0".repeat(TIMELINE_COLUMNS.length - given)}`;
}

describe("the timeline", () => {
  it("has the contract's columns, events last and in their order", () => {
    expect(Timeline.header).toBe(TIMELINE_COLUMNS.join(","));
    expect([...TIMELINE_COLUMNS.slice(4)]).toEqual([...TIMELINE_EVENTS]);
  });

  it("has a row per cohort and 100 ms, on multiples of 100 ms since the epoch", () => {
    const { timeline, at } = timelineOf(["a", "b"], 1_000_042);
    at(1_000_099);
    expect(timeline.take()).toEqual([]);
    at(1_000_100);
    expect(timeline.take()).toEqual([row("1000000,a,0,0"), row("1000000,b,0,0")]);
    at(1_000_399);
    expect(timeline.take().map((line) => line.slice(0, 9))).toEqual([
      "1000100,a",
      "1000100,b",
      "1000200,a",
      "1000200,b",
    ]);
  });

  it("counts events of cohorts apart, and carries levels on", () => {
    const { timeline, at } = timelineOf(["a", "b"], 0);
    timeline.count(0, COLUMN.drops);
    timeline.count(0, COLUMN.connect_attempts);
    timeline.count(0, COLUMN.connect_attempts);
    timeline.count(1, COLUMN.late_responses);
    timeline.change(0, COLUMN.connects_accepted, 1, 0);
    timeline.change(0, COLUMN.connects_accepted, 1, 0);
    timeline.change(0, null, 0, 1);
    timeline.change(1, COLUMN.connects_accepted, 1, 0);
    timeline.change(0, COLUMN.drops, -1, 0);
    expect(timeline.onlineOf(0)).toBe(1);
    at(200);
    expect(timeline.take()).toEqual([
      row("0,a,1,1,2,2,2"),
      row("0,b,1,0,0,0,1,0,0,0,0,1"),
      row("100,a,1,1"),
      row("100,b,1,0"),
    ]);
    timeline.change(0, null, -1, -1);
    at(300);
    expect(timeline.take()[0]).toBe(row("200,a,0,0"));
  });

  it("puts an event into the row in which it happens, however long nobody takes the rows", () => {
    const { timeline, at } = timelineOf(["a"], 0);
    timeline.count(0, COLUMN.drops);
    at(150);
    timeline.count(0, COLUMN.connect_attempts);
    at(199);
    timeline.change(0, COLUMN.connects_accepted, 1, 0);
    at(310);
    timeline.change(0, null, 0, 1);
    at(2000);
    expect(timeline.take().slice(0, 5)).toEqual([
      row("0,a,0,0,1"),
      row("100,a,1,0,0,1,1"),
      row("200,a,1,0"),
      row("300,a,1,1"),
      row("400,a,1,1"),
    ]);
  });

  it("loses no event and no row, whenever rows are taken (property)", () => {
    const step = fc.record({
      waitMs: fc.nat(350),
      event: fc.nat(TIMELINE_EVENTS.length - 1),
      take: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { timeline, at } = timelineOf(["a"], 0);
        const lines: string[] = [];
        const expected = new Map<string, number>();
        let now = 0;
        for (const { waitMs, event, take } of steps) {
          now += waitMs;
          at(now);
          timeline.count(0, event);
          const key = `${Math.floor(now / 100) * 100} ${event}`;
          expected.set(key, (expected.get(key) ?? 0) + 1);
          if (take) lines.push(...timeline.take());
        }
        lines.push(...timeline.take(true));
        expect(lines.map((line) => Number(line.split(",")[0]))).toEqual(lines.map((_, i) => i * 100));
        const found = lines.flatMap((line) => {
          const [tMs, , , , ...counts] = line.split(",");
          return counts.flatMap((count, event) =>
            count === "0" ? [] : [[`${tMs} ${event}`, Number(count)] as const],
          );
        });
        expect(new Map(found)).toEqual(expected);
      }),
    );
  });

  it.each(
    TIMELINE_EVENTS.map((column, i) => [column, i] as const),
  )("counts %s in its own column", (column, index) => {
    const { timeline, at } = timelineOf(["a"], 0);
    timeline.count(0, COLUMN[column]);
    at(100);
    const values = timeline.take()[0]?.split(",").slice(4).map(Number);
    expect(values).toEqual(TIMELINE_EVENTS.map((_, i) => (i === index ? 1 : 0)));
  });

  it("gives the row that is not complete only at the end", () => {
    const { timeline, at } = timelineOf(["a"], 0);
    timeline.count(0, COLUMN.drops);
    at(50);
    expect(timeline.take()).toEqual([]);
    expect(timeline.take(true)).toEqual([row("0,a,0,0,1")]);
  });

  it("stands still where the clock goes back", () => {
    const { timeline, at } = timelineOf(["a"], 1000);
    at(500);
    expect(timeline.take()).toEqual([]);
    timeline.count(0, COLUMN.drops);
    at(1100);
    expect(timeline.take()).toEqual([row("1000,a,0,0,1")]);
  });

  it.each([
    ["plain name", "plain name"],
    ["a,b", '"a,b"'],
    ['say "go"', '"say ""go"""'],
    ["two\nlines", '"two\nlines"'],
    ["two\rlines", '"two\rlines"'],
  ])("quotes the cohort %j as RFC 4180 says", (name, field) => {
    const { timeline, at } = timelineOf([name], 0);
    at(100);
    expect(timeline.take()).toEqual([row(`0,${field},0,0`)]);
  });
});
