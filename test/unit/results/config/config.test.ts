import { describe, expect, it } from "vitest";
import { parseConfig, unknownCohorts } from "../../../../results/src/config/config.ts";

describe("config.plugins.mqtt-results", () => {
  it("has defaults", () => {
    const report = ["console", "json", "csv", "hlog", "html", "junit", "github"];
    const config = {
      output: "mqtt-results",
      report,
      target: 0.99,
      progress: true,
      prometheus: null,
      live: false,
    };
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

  it.each([
    [true, { port: 9464, host: "127.0.0.1", lastScrape: 2000 }],
    ["true", { port: 9464, host: "127.0.0.1", lastScrape: 2000 }],
    [false, null],
    [
      { port: "9100", lastScrape: "15s" },
      { port: 9100, host: "127.0.0.1", lastScrape: 15_000 },
    ],
    [{ host: "::1" }, { port: 9464, host: "::1", lastScrape: 2000 }],
  ])("serves metrics for %j", (prometheus, settings) => {
    expect(parseConfig({ prometheus })).toMatchObject({ ok: true, config: { prometheus: settings } });
  });

  const share = 'a share from 0 to 1, or a percentage such as "99 %"';
  const live = "true, false, or { port: N }, a port from 1 to 65535";
  it.each([
    [true, true],
    ["true", true],
    [null, false],
    [{}, {}],
    [{ port: null }, {}],
    [{ port: 8910 }, { port: 8910 }],
    [{ port: "8910" }, { port: 8910 }],
  ])("takes live: %j", (written, meant) => {
    expect(parseConfig({ live: written })).toMatchObject({ ok: true, config: { live: meant } });
  });

  const reports = "a list of console, json, csv, hlog, html, junit, github";
  it.each([
    [{ target: 99 }, `target: 99 is not allowed; allowed: ${share}`],
    [{ target: "101 %" }, `target: "101 %" is not allowed; allowed: ${share}`],
    [{ report: ["pdf"] }, `report.0: "pdf" is not allowed; allowed: ${reports}`],
    [{ report: "csv" }, `report: "csv" is not allowed; allowed: ${reports}`],
    [{ progress: "yes" }, 'progress: "yes" is not allowed; allowed: true or false'],
    [
      { prometheus: { port: 70_000 } },
      "prometheus.port: 70000 is not allowed; allowed: a whole number from 0 to 65535",
    ],
    [
      { prometheus: { address: "x" } },
      'prometheus.address: "x" is not allowed; allowed: the keys port, host, lastScrape',
    ],
    [
      { prometheus: { lastScrape: "soon" } },
      'prometheus.lastScrape: "soon" is not allowed; allowed: a duration: "500ms", "10s", "2m", "1h", or a number of seconds',
    ],
    [
      { prometheus: 9464 },
      "prometheus: 9464 is not allowed; allowed: true, false, or the keys port, host, lastScrape",
    ],
    [{ live: "on" }, `live: "on" is not allowed; allowed: ${live}`],
    [{ live: 8080 }, `live: 8080 is not allowed; allowed: ${live}`],
    [{ live: { port: 0 } }, `live.port: 0 is not allowed; allowed: ${live}`],
    [{ live: { ports: 1 } }, `live.ports: 1 is not allowed; allowed: ${live}`],
    [{ output: "" }, 'output: "" is not allowed; allowed: the path of a directory'],
    [
      { outputs: "x" },
      'outputs: "x" is not allowed; allowed: the keys output, report, target, progress, prometheus, live, fail',
    ],
  ])("names path, value and what is allowed: %j", (input, problem) => {
    expect(parseConfig(input)).toEqual({ ok: false, problems: [`config.plugins.mqtt-results.${problem}`] });
  });
  it("names the plugin itself if it is no object, and every problem", () => {
    expect(parseConfig(true)).toEqual({
      ok: false,
      problems: [
        "config.plugins.mqtt-results: true is not allowed; allowed: the keys output, report, target, progress, prometheus, live, fail",
      ],
    });
    expect(parseConfig({ target: 2, a: 1, b: 2 })).toMatchObject({ problems: { length: 3 } });
  });
});

describe("fail", () => {
  it("takes conditions for all and for a cohort, in Artillery's notation of time", () => {
    const fail = {
      verdict: "metastable",
      readyP99: "30s",
      unrecovered: "1 %",
      cohorts: { "my cohort": { readyP99: 5 } },
    };
    expect(parseConfig({ fail })).toMatchObject({
      ok: true,
      config: {
        fail: {
          verdict: "metastable",
          readyP99: 30_000,
          unrecovered: 0.01,
          cohorts: { "my cohort": { readyP99: 5000 } },
        },
      },
    });
  });
  it.each([
    { readyP99: "1d", ms: 86_400_000 },
    { readyP99: "1h", ms: 3_600_000 },
    { readyP99: "90s", ms: 90_000 },
    { readyP99: "250ms", ms: 250 },
    { readyP99: 5, ms: 5000 },
    { readyP99: "5", ms: 5000 },
  ])("reads the duration $readyP99 as $ms ms", ({ readyP99, ms }) => {
    expect(parseConfig({ fail: { readyP99 } })).toMatchObject({ config: { fail: { readyP99: ms } } });
  });
  const duration = 'a duration: "500ms", "10s", "2m", "1h", or a number of seconds';
  const some =
    "at least one of verdict, readyP99, readyP99FromStorm, unrecovered, lost, duplicates, deliveryP99, floodP99";
  it.each([
    [{}, `fail: {} is not allowed; allowed: ${some}, cohorts`],
    [true, `fail: true is not allowed; allowed: ${some}, cohorts`],
    [
      { verdict: "recovered" },
      'fail.verdict: "recovered" is not allowed; allowed: one of degraded, recovering, stalled, relapsed, metastable (fails on that verdict or one as bad)',
    ],
    [{ readyP99: "soon" }, `fail.readyP99: "soon" is not allowed; allowed: ${duration}`],
    [{ readyP99: "10 apples" }, `fail.readyP99: "10 apples" is not allowed; allowed: ${duration}`],
    [{ readyP99: "" }, `fail.readyP99: "" is not allowed; allowed: ${duration}`],
    [{ readyP99: -1 }, `fail.readyP99: -1 is not allowed; allowed: ${duration}`],
    [
      { unrecovered: 5 },
      'fail.unrecovered: 5 is not allowed; allowed: a share from 0 to 1, or a percentage such as "99 %"',
    ],
    [
      { p99: 1 },
      "fail.p99: 1 is not allowed; allowed: the keys verdict, readyP99, readyP99FromStorm, unrecovered, lost, duplicates, deliveryP99, floodP99, cohorts",
    ],
    [{ cohorts: { a: {} } }, `fail.cohorts.a: {} is not allowed; allowed: ${some}`],
    [
      { cohorts: { a: { p99: 1 } } },
      "fail.cohorts.a.p99: 1 is not allowed; allowed: the keys verdict, readyP99, readyP99FromStorm, unrecovered, lost, duplicates, deliveryP99, floodP99",
    ],
    [
      { cohorts: { a: { readyP99: "x" } } },
      `fail.cohorts.a.readyP99: "x" is not allowed; allowed: ${duration}`,
    ],
  ])("names path, value and what is allowed: %j", (fail, problem) => {
    expect(parseConfig({ fail })).toEqual({
      ok: false,
      problems: [`config.plugins.mqtt-results.${problem}`],
    });
  });
  it("names cohorts that are no scenario of the script", () => {
    const parsed = parseConfig({ fail: { cohorts: { typo: { verdict: "degraded" } } } });
    if (!parsed.ok) throw new Error("not ok");
    expect(unknownCohorts(parsed.config, [{ name: "a" }, { name: "b" }])).toEqual([
      'config.plugins.mqtt-results.fail.cohorts: "typo" is not allowed; allowed: the names of the scenarios: "a", "b"',
    ]);
    expect(unknownCohorts(parsed.config, [{ name: "typo" }])).toEqual([]);
    expect(unknownCohorts(parsed.config, [{}])).toEqual([]);
  });
});

describe("values as Artillery hands them over", () => {
  const conditions = { verdict: "metastable", unrecovered: "10 %" };
  const read = { verdict: "metastable", unrecovered: 0.1 };

  it("takes cohorts whose names Artillery read as paths", () => {
    // What Artillery 2.0.34 makes of it: it also leaves the rendered values at the path.
    const cohorts = {
      "firmware 1.2": { verdict: "metastable", unrecovered: "{{ $env.MOST }}" },
      "a[0].b": { verdict: "degraded" },
      plain: { verdict: "degraded" },
      "firmware 1": [null, null, conditions],
      a: [{ b: { verdict: "degraded" } }],
    };
    expect(parseConfig({ fail: { cohorts } })).toMatchObject({ ok: true });
    const parsed = parseConfig({ fail: { cohorts } });
    expect(parsed.ok && parsed.config.fail?.cohorts).toEqual({
      "firmware 1.2": read,
      "a[0].b": { verdict: "degraded" },
      plain: { verdict: "degraded" },
    });
  });

  it("keeps a cohort that is named like the beginning of another", () => {
    const cohorts = { "1": { 2: conditions, verdict: "stalled" }, "1.2": conditions };
    const parsed = parseConfig({ fail: { cohorts } });
    expect(parsed.ok && parsed.config.fail?.cohorts).toEqual({ "1": { verdict: "stalled" }, "1.2": read });
  });

  it("takes a list of cohorts with names", () => {
    const parsed = parseConfig({ fail: { cohorts: [{ name: "firmware 1.2", ...conditions }] } });
    expect(parsed.ok && parsed.config.fail?.cohorts).toEqual({ "firmware 1.2": read });
    expect(
      parseConfig({ fail: { cohorts: [conditions, { name: "a", ...conditions }, { name: "a" }] } }),
    ).toEqual({
      ok: false,
      problems: [
        "config.plugins.mqtt-results.fail.cohorts.0.name: null is not allowed; allowed: the name of a scenario, each once",
        'config.plugins.mqtt-results.fail.cohorts.2.name: "a" is not allowed; allowed: the name of a scenario, each once',
      ],
    });
  });

  it("takes text of booleans and shares, and null for what is not given", () => {
    expect(parseConfig({ progress: "false", target: "0.95", fail: null, report: null })).toMatchObject({
      ok: true,
      config: { progress: false, target: 0.95, report: { length: 7 } },
    });
  });
});
