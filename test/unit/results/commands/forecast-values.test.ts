import { describe, expect, it } from "vitest";
import {
  deviceCount,
  positive,
  sampleCount,
  shares,
  wholeNumber,
  workerCount,
} from "../../../../results/src/commands/forecast-values.ts";

describe("values of forecast", () => {
  it("are taken as people write them", () => {
    const read = [
      deviceCount("250k"),
      sampleCount("1k"),
      workerCount("64"),
      wholeNumber("-7"),
      positive("2"),
    ];
    expect(read).toEqual([250_000, 1000, 64, -7, 2]);
    expect(shares("0.25,.5,1", [0.25])).toEqual([0.25, 0.5, 1]);
  });

  it.each(["0x2", "0b1", "1e1", " 2", "", "2.0"])("are no notation of programs: %j", (text) => {
    for (const read of [workerCount, wholeNumber, positive]) expect(() => read(text)).toThrow("whole number");
  });

  it.each(["0x1", "", "2", "0"])("of shares as well: %j", (text) => {
    expect(() => shares(text, undefined)).toThrow("allowed: a share above 0 and up to 1");
  });

  it.each([
    "0",
    "100",
    "999",
    "101M",
  ])("say the same bounds of a sample for whatever is outside: %s", (text) => {
    const allowed = "allowed: a whole number from 1000 to 100M, such as 250000, 250k or 1M";
    expect(() => sampleCount(text)).toThrow(allowed);
  });
});
