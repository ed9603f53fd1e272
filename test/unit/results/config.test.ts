import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../results/src/config.ts";

describe("config.plugins.mqtt-results", () => {
  it("has defaults", () => {
    const config = { output: "mqtt-results", report: ["console", "json", "csv"], target: 0.99 };
    expect(parseConfig(undefined)).toEqual({ ok: true, config });
    expect(parseConfig(null)).toEqual({ ok: true, config });
    expect(parseConfig({})).toEqual({ ok: true, config });
  });
  it.each([
    [0, 0],
    [1, 1],
    ["99 %", 0.99],
    ["99.9%", 0.999],
  ])("takes the target %j", (target, share) => {
    expect(parseConfig({ target })).toMatchObject({ ok: true, config: { target: share } });
  });

  const share = 'a share from 0 to 1, or a percentage such as "99 %"';
  it.each([
    [{ target: 99 }, `target: 99 is not allowed; allowed: ${share}`],
    [{ target: "101 %" }, `target: "101 %" is not allowed; allowed: ${share}`],
    [{ report: ["html"] }, 'report.0: "html" is not allowed; allowed: a list of console, json, csv'],
    [{ report: "csv" }, 'report: "csv" is not allowed; allowed: a list of console, json, csv'],
    [{ output: "" }, 'output: "" is not allowed; allowed: the path of a directory'],
    [{ outputs: "x" }, 'outputs: "x" is not allowed; allowed: the keys output, report, target'],
  ])("names path, value and what is allowed: %j", (input, problem) => {
    expect(parseConfig(input)).toEqual({ ok: false, problems: [`config.plugins.mqtt-results.${problem}`] });
  });
  it("names the plugin itself if it is no object, and every problem", () => {
    expect(parseConfig(true)).toEqual({
      ok: false,
      problems: [
        "config.plugins.mqtt-results: true is not allowed; allowed: the keys output, report, target",
      ],
    });
    expect(parseConfig({ target: 2, a: 1, b: 2 })).toMatchObject({ problems: { length: 3 } });
  });
});
