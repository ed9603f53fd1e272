import { expect, it } from "vitest";
import { parseDuration as ofEngine } from "../../../engine/src/duration.ts";
import { parseDuration } from "../../../results/src/duration.ts";

it.each([
  30,
  0,
  "30",
  "1.5",
  "500ms",
  "30s",
  "30 s",
  "2m",
  "1.5h",
  "1d",
  "10 seconds",
  "2 mins",
  "3 Hours",
  "",
  " ",
  "soon",
  "s",
  "-1s",
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  "1 2s",
  "10x",
  null,
  undefined,
  true,
  {},
])("reads %j as the engine does", (value) => {
  expect(parseDuration(value)).toBe(ofEngine(value));
});
