import { expect, it } from "vitest";
import { stepOf } from "../../../../results/src/report/chart-cells.ts";

it("a value has the colour of the step that holds it, its lower end included", () => {
  const bounds = [1, 3, 10, 30];
  expect([0.5, 1, 2.99, 3, 9.9, 10, 29, 30, 99].map((value) => stepOf(bounds, value))).toEqual([
    0, 0, 0, 1, 1, 2, 2, 2, 2,
  ]);
});
