import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../engine/src/forecast/clock.ts";

/** What a case does to the clock before anything happens, and again whenever something does. */
const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("wake" as const), delay: fc.nat(20) }) },
  // Delays that are asked for again and again are kept apart.
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wake" as const), delay: fc.constantFrom(3, 10) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("lane" as const), delay: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("cancel" as const), delay: fc.nat(50) }) },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

interface Told {
  id: number;
  atMs: number;
}

/** Two lanes of constant delays. */
const LANE_MS = [5, 7];

/** The clock under test. */
function run(acts: readonly Act[][]): Told[] {
  const clock = new VirtualClock();
  const lanes = LANE_MS.map(() => clock.lane());
  const told: Told[] = [];
  const timers: object[] = [];
  let next = 0;
  let batch = 0;
  const doAll = (): void => {
    for (const { kind, delay } of acts[batch++] ?? []) {
      const id = next++;
      if (kind === "wake") timers.push(clock.wake(delay, happen, id, null));
      else if (kind === "lane") clock.push(lanes[delay] as never, LANE_MS[delay] as number, happen, id, null);
      else if (timers.length > 0) clock.cancel(timers[delay % timers.length] as object);
    }
  };
  const happen = (id: number): void => {
    told.push({ id, atMs: clock.now() });
    doAll();
  };
  doAll();
  while (clock.advance(3));
  return told;
}

/** The same with a list that is sorted anew for every event. */
function bruteForce(acts: readonly Act[][]): Told[] {
  let events: { id: number; atMs: number; order: number }[] = [];
  const timers: number[] = [];
  const told: Told[] = [];
  let [next, order, batch, nowMs] = [0, 0, 0, 0];
  const doAll = (): void => {
    for (const { kind, delay } of acts[batch++] ?? []) {
      const id = next++;
      if (kind === "cancel") {
        const gone = timers[delay % timers.length];
        if (timers.length > 0) events = events.filter((event) => event.id !== gone);
        continue;
      }
      const delayMs = kind === "wake" ? Math.max(1, delay) : (LANE_MS[delay] as number);
      if (kind === "wake") timers.push(id);
      events.push({ id, atMs: nowMs + delayMs, order: order++ });
    }
  };
  doAll();
  while (events.length > 0) {
    events.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    const { id, atMs } = events.shift() as { id: number; atMs: number };
    nowMs = atMs;
    told.push({ id, atMs });
    doAll();
  }
  return told;
}

describe("the virtual clock", () => {
  it("has everything happen as a sorted list would, cancelled timers and events of one instant too", () => {
    let happened = 0;
    fc.assert(
      fc.property(fc.array(fc.array(act, { maxLength: 12 }), { minLength: 1, maxLength: 30 }), (acts) => {
        const expected = bruteForce(acts);
        happened += expected.length;
        expect(run(acts)).toEqual(expected);
      }),
      { numRuns: 500, seed: 1 },
    );
    expect(happened).toBeGreaterThan(5000);
  });

  it.each([
    ["of many delays", (i: number): number => 1 + ((i * 7919) % 5000)],
    ["of few delays, each asked for again and again", (i: number): number => 30 - (i >> 10)],
  ])("takes thousands of cancelled timers %s out without losing the order of the others", (_, timeOf) => {
    const clock = new VirtualClock();
    const told: number[] = [];
    const timers = Array.from({ length: 20_000 }, (_, i) =>
      clock.wake(timeOf(i), (id: number) => told.push(id), i, null),
    );
    timers.forEach((timer, i) => {
      if (i % 10 !== 0) clock.cancel(timer);
    });
    while (clock.advance(1000));
    const kept = timers.map((_, i) => i).filter((i) => i % 10 === 0);
    expect(told).toEqual(kept.sort((a, b) => timeOf(a) - timeOf(b) || a - b));
  });

  it("refuses an event that would come before the last one of its lane", () => {
    const clock = new VirtualClock();
    const lane = clock.lane();
    clock.push(lane, 5, () => {}, null, null);
    expect(() => clock.push(lane, 4, () => {}, null, null)).toThrow(RangeError);
  });
});
