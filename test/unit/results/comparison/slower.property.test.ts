import fc from "fast-check";
import { expect, it } from "vitest";
import { holdFigure, type Watched } from "../../../../results/src/comparison/slower.ts";

const windowMs = fc.integer({ min: 1000, max: 60_000 });
/** A figure is never later than its window. */
const figure: fc.Arbitrary<Watched> = windowMs.chain((window) =>
  fc.record({
    ms: fc.option(fc.double({ min: 0, max: window, noNaN: true }), { nil: null }),
    windowMs: fc.constant(window),
  }),
);
const limit = fc.double({ min: 0, max: 10, noNaN: true });

it("is not slower than itself, whatever is allowed", () => {
  fc.assert(
    fc.property(figure, limit, (a, share) => {
      expect(["held", "neither"]).toContain(holdFigure(a, a, share));
    }),
  );
});

it("stays slower where B takes longer still, or does not get there", () => {
  fc.assert(
    fc.property(figure, figure, limit, fc.double({ min: 1, max: 100, noNaN: true }), (a, b, share, times) => {
      fc.pre(b.ms !== null && holdFigure(a, b, share) === "slower");
      const later = { ms: (b.ms as number) * times, windowMs: b.windowMs * times };
      expect(holdFigure(a, later, share)).toBe("slower");
      expect(holdFigure(a, { ms: null, windowMs: Math.max(b.windowMs, a.windowMs) }, share)).toBe("slower");
    }),
  );
});

it("stays slower where less is allowed, and where A was faster", () => {
  fc.assert(
    fc.property(figure, figure, limit, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share, part) => {
      fc.pre(holdFigure(a, b, share) === "slower");
      expect(holdFigure(a, b, share * part)).toBe("slower");
      expect(holdFigure({ ...a, ms: (a.ms as number) * part }, b, share)).toBe("slower");
    }),
  );
});

it("does not find each of two runs slower than the other", () => {
  fc.assert(
    fc.property(figure, figure, limit, (a, b, share) => {
      expect([holdFigure(a, b, share), holdFigure(b, a, share)]).not.toEqual(["slower", "slower"]);
    }),
  );
});

it("does not depend on the unit of time", () => {
  fc.assert(
    fc.property(figure, figure, limit, fc.integer({ min: 1, max: 10 }), (a, b, share, power) => {
      // Powers of two leave floating point's digits as they are.
      const scaled = ({ ms, windowMs: window }: Watched): Watched => ({
        ms: ms === null ? null : ms * 2 ** power,
        windowMs: window * 2 ** power,
      });
      expect(holdFigure(scaled(a), scaled(b), share)).toBe(holdFigure(a, b, share));
    }),
  );
});
