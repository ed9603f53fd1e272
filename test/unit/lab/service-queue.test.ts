import { describe, expect, test } from "vitest";
import { ServiceQueue } from "../../../engine/src/lab/service-queue.ts";

/** Requests are numbers, from 0. */
function offerAll(queue: ServiceQueue<number>, count: number, nowMs: number): void {
  for (let i = 0; i < count; i++) queue.offer(i, nowMs);
}

describe("ServiceQueue", () => {
  test("serves one request each 1/capacity, first in, first out", () => {
    const queue = new ServiceQueue<number>({ capacity: 100, limit: 10 });
    offerAll(queue, 4, 1000);
    expect(queue.take(1000)).toEqual([]);
    expect(queue.take(1009)).toEqual([]);
    expect(queue.take(1010)).toEqual([0]);
    expect(queue.take(1030)).toEqual([1, 2]);
    expect(queue.length).toBe(1);
    expect(queue.take(1040)).toEqual([3]);
    expect(queue.length).toBe(0);
  });

  test("an idle time is not saved up for a burst", () => {
    const queue = new ServiceQueue<number>({ capacity: 100, limit: 10 });
    offerAll(queue, 1, 0);
    expect(queue.take(10)).toEqual([0]);
    offerAll(queue, 3, 60_000);
    expect(queue.take(60_005)).toEqual([]);
    expect(queue.take(60_010)).toEqual([0]);
    expect(queue.take(60_020)).toEqual([1]);
  });

  test("a request that comes while another is served waits for it", () => {
    const queue = new ServiceQueue<number>({ capacity: 10, limit: 10 });
    queue.offer(0, 0);
    queue.offer(1, 99);
    expect(queue.take(100)).toEqual([0]);
    expect(queue.take(199)).toEqual([]);
    expect(queue.take(200)).toEqual([1]);
  });

  test("drops exactly what comes beyond the limit", () => {
    const queue = new ServiceQueue<number>({ capacity: 100, limit: 3 });
    expect([0, 1, 2, 3, 4].map((request) => queue.offer(request, 0))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    // One was served at 10 ms, though nobody has taken it yet: there is room for one.
    expect(queue.offer(5, 9.9)).toBe(false);
    expect(queue.offer(6, 10)).toBe(true);
    expect(queue.offer(7, 10)).toBe(false);
    expect(queue.take(40)).toEqual([0, 1, 2, 6]);
  });

  describe("scale-up", () => {
    const scaling = { capacity: 10, limit: 1000, scaleUp: { afterMs: 500, to: 100 } };

    test("at its instant, however rarely the queue is looked at", () => {
      // At 10/s: done at 100, 200, 300, 400, 500. Then at 100/s: 510, 520 …
      const rarely = new ServiceQueue<number>(scaling);
      offerAll(rarely, 50, 0);
      expect(rarely.take(1000)).toHaveLength(50);
      const often = new ServiceQueue<number>(scaling);
      offerAll(often, 50, 0);
      expect(often.take(499)).toHaveLength(4);
      expect(often.take(509)).toHaveLength(1);
      expect(often.take(510)).toHaveLength(1);
      expect(often.take(949)).toHaveLength(43);
      expect(often.take(950)).toHaveLength(1);
    });

    test("a moment without requests starts the wait again", () => {
      const queue = new ServiceQueue<number>(scaling);
      offerAll(queue, 4, 0); // done at 400
      offerAll(queue, 7, 401); // done at 501, 601 … 901, then at 100/s
      expect(queue.take(901)).toHaveLength(4 + 5);
      expect(queue.take(910.9)).toHaveLength(0);
      expect(queue.take(911)).toHaveLength(1);
    });

    test("stays", () => {
      const queue = new ServiceQueue<number>(scaling);
      offerAll(queue, 10, 0);
      queue.take(10_000);
      offerAll(queue, 2, 10_000);
      expect(queue.take(10_020)).toHaveLength(2);
    });
  });

  test("what waits keeps its place over a pause, which is not caught up", () => {
    const queue = new ServiceQueue<number>({ capacity: 100, limit: 10 });
    offerAll(queue, 5, 0);
    expect(queue.take(20)).toEqual([0, 1]);
    queue.resume(5000);
    expect(queue.take(5009)).toEqual([]);
    expect(queue.take(5010)).toEqual([2]);
    expect(queue.take(5030)).toEqual([3, 4]);
  });
});
