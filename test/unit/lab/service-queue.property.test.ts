import fc from "fast-check";
import { expect, test } from "vitest";
import { ServiceQueue } from "../../../engine/src/lab/service-queue.ts";

const ticks = fc.array(
  fc.record({ gapMs: fc.integer({ min: 1, max: 40 }), offers: fc.integer({ min: 0, max: 60 }) }),
  { minLength: 1, maxLength: 200 },
);
const capacities = fc.integer({ min: 1, max: 5000 });
const limits = fc.integer({ min: 1, max: 500 });

interface Take {
  fromMs: number;
  atMs: number;
  served: number[];
}

function run(
  queue: ServiceQueue<number>,
  load: readonly { gapMs: number; offers: number }[],
  takesAt: (tick: number) => boolean,
): { takes: Take[]; accepted: number[] } {
  const takes: Take[] = [];
  const accepted: number[] = [];
  let nowMs = 0;
  let fromMs = 0;
  let request = 0;
  load.forEach(({ gapMs, offers }, tick) => {
    nowMs += gapMs;
    if (takesAt(tick)) {
      takes.push({ fromMs, atMs: nowMs, served: queue.take(nowMs) });
      fromMs = nowMs;
    }
    for (let i = 0; i < offers; i++, request++) if (queue.offer(request, nowMs)) accepted.push(request);
  });
  nowMs += 10_000_000;
  takes.push({ fromMs, atMs: nowMs, served: queue.take(nowMs) });
  return { takes, accepted };
}

test("never more than its capacity, in any interval, but for one tick", () => {
  fc.assert(
    fc.property(ticks, capacities, limits, (load, capacity, limit) => {
      const { takes } = run(new ServiceQueue({ capacity, limit }), load, () => true);
      for (let first = 0; first < takes.length; first++) {
        let count = 0;
        for (let last = first; last < takes.length; last++) {
          count += (takes[last] as Take).served.length;
          // From the tick before the interval's first one.
          const spanMs = (takes[last] as Take).atMs - (takes[first] as Take).fromMs;
          expect(count).toBeLessThanOrEqual((capacity * spanMs) / 1000 + 1 + 1e-6);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test("serves what it accepted, all of it, in order, once", () => {
  fc.assert(
    fc.property(ticks, capacities, limits, (load, capacity, limit) => {
      const queue = new ServiceQueue<number>({ capacity, limit });
      const { takes, accepted } = run(queue, load, () => true);
      expect(takes.flatMap(({ served }) => served)).toEqual(accepted);
      expect(queue.length).toBe(0);
    }),
  );
});

test("accepts the same requests however often it is looked at", () => {
  fc.assert(
    fc.property(
      ticks,
      capacities,
      limits,
      fc.integer({ min: 2, max: 50 }),
      (load, capacity, limit, every) => {
        const options = { capacity, limit, scaleUp: { afterMs: 200, to: capacity * 2 } };
        const often = run(new ServiceQueue(options), load, () => true);
        const rarely = run(new ServiceQueue(options), load, (tick) => tick % every === 0);
        expect(rarely.accepted).toEqual(often.accepted);
      },
    ),
  );
});
