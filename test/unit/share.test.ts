import { describe, expect, it } from "vitest";
import { parseShare } from "../../engine/src/share.ts";

describe("a share", () => {
  it.each([
    ["25 %", 0.25],
    ["25%", 0.25],
    [" 7 % ", 0.07],
    ["99.9 %", 0.999],
    ["0.25", 0.25],
    [".5", 0.5],
    [0.25, 0.25],
    [0, 0],
    [25, 25],
    ["25", 25],
  ])("%j is %d", (written, share) => expect(parseShare(written)).toBe(share));

  it.each([
    ["%"],
    ["a quarter"],
    ["1/4"],
    [""],
    [-0.1],
    ["-1 %"],
    [null],
    [true],
    [Number.NaN],
    [[0.5]],
  ])("%j is none", (written) => expect(parseShare(written)).toBeNull());
});
