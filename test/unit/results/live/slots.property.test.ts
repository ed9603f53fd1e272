import fc from "fast-check";
import { expect, it } from "vitest";
import { Slots } from "../../../../results/src/live/slots.ts";

const events = fc.array(
  fc.record({ tMs: fc.nat(10_000_000), up: fc.integer({ min: -50, max: 50 }), n: fc.nat(9) }),
  {
    maxLength: 200,
  },
);

it("keeps every event in the slot of its time, whatever the order, in no more slots than it may have", () => {
  fc.assert(
    fc.property(events, fc.integer({ min: 1, max: 20 }), (all, most) => {
      const slots = new Slots(["up", "n"], 100, most);
      for (const { tMs, ...values } of all) slots.add(tMs, values);
      const read = slots.read();
      expect(read.length).toBeLessThanOrEqual(most);
      for (const slot of read) {
        const inside = all.filter(({ tMs }) => tMs >= slot.tMs && tMs < slot.tMs + slots.widthMs);
        expect(slot.up).toBe(inside.reduce((sum, { up }) => sum + up, 0));
        expect(slot.n).toBe(inside.reduce((sum, { n }) => sum + n, 0));
      }
      expect(read.reduce((sum, { n }) => sum + n, 0)).toBe(all.reduce((sum, { n }) => sum + n, 0));
      expect(read.map(({ tMs }) => tMs)).toEqual(read.map(({ tMs }) => tMs).sort((a, b) => a - b));
    }),
  );
});

it("is as narrow as there is room for", () => {
  const slots = new Slots(["n"], 100, 10);
  for (let i = 0; i < 10; i++) slots.add(i * 100, { n: 1 });
  expect(slots.widthMs).toBe(100);
  slots.add(1000, { n: 1 });
  expect(slots.widthMs).toBe(200);
});
