import { expect, it } from "vitest";
import { meansOverMs, ratesOf } from "../../../../results/src/live/rates.ts";
import type { FleetSlot } from "../../../../results/src/live/run-tail.ts";

function slot(tMs: number, changes: Partial<FleetSlot> = {}): FleetSlot {
  const none = {
    online: 0,
    ready: 0,
    connect_attempts: 0,
    config_requests: 0,
    ready_gained: 0,
    storm_ready: 0,
  };
  return { tMs, ...none, ...changes };
}

it("takes means over the second that ends with a slot", () => {
  const slots = Array.from({ length: 20 }, (_, i) => slot(i * 100, { connect_attempts: i < 10 ? 3 : 0 }));
  const rates = ratesOf(slots, 100, []);
  expect(rates[9]).toMatchObject({ tMs: 1000, connectAttemptsPerS: 30 });
  expect(rates[14]).toMatchObject({ tMs: 1500, connectAttemptsPerS: 15 });
  expect(rates[19]).toMatchObject({ tMs: 2000, connectAttemptsPerS: 0 });
});

it("takes means over a slot where that is wider, and goes by time where slots are missing", () => {
  expect([100, 400, 800, 1600].map(meansOverMs)).toEqual([1000, 1200, 800, 1600]);
  const wide = ratesOf([slot(0, { config_requests: 16 }), slot(1600, { config_requests: 32 })], 1600, []);
  expect(wide.map((rate) => rate.configRequestsPerS)).toEqual([10, 20]);
  const gap = ratesOf([slot(0, { connect_attempts: 5 }), slot(5000, { connect_attempts: 1 })], 100, []);
  expect(gap[1]).toMatchObject({ connectAttemptsPerS: 1 });
});

it("counts who came back inside a storm's window, and who became ready outside of it", () => {
  const slots = [0, 1000, 2000].map((tMs) => slot(tMs, { ready_gained: 7, storm_ready: 2 }));
  const rates = ratesOf(slots, 1000, [{ fromMs: 1000, toMs: 2000 }]);
  expect(rates.map(({ readyPerS }) => readyPerS)).toEqual([7, 2, 7]);
});
