import { describe, expect, it } from "vitest";
import { summarySchema } from "../../../../results/src/judge/summary-schema.ts";
import { record, storm, stormCohort } from "../../../support/run-files.ts";
import { spiralWorker, summaryOf } from "../../../support/synthetic-run.ts";

describe("a run", () => {
  it("that this machine itself refused is saturated, also where there was no storm", () => {
    const { generator } = summaryOf([{ record: record({ errors: { a: { local_ports: 4, closed: 9 } } }) }]);
    expect(generator).toMatchObject({
      saturated: true,
      reasons: ["this machine itself refused 4 attempts: it had no port or file descriptor left"],
    });
  });

  it("whose storm found nobody online any more has not measured it", () => {
    const of = (alreadyOffline: number) => {
      const cohorts = { a: stormCohort({ affected: 0, alreadyOffline, fleet: alreadyOffline }) };
      const devices = { a: { devices: 30, everOnline: 30 } };
      return summaryOf([{ record: record({ cohorts: devices, storms: [storm({ cohorts })] }) }]);
    };
    expect(of(30).storms[0]).toMatchObject({
      verdictAbsence: "nobody-affected",
      verdictReason: "no device affected (30 already offline before the storm)",
    });
    expect(of(30).exit.code).toBe(5);
    expect(of(0).exit.code).toBe(0);
  });
});

describe("summary of two workers", () => {
  const summary = summaryOf([spiralWorker("1"), spiralWorker("2")]);
  const [first] = summary.storms;

  it("fits its schema, also after JSON", () => {
    expect(summarySchema.parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
  });
  it("describes the run", () => {
    expect(summary).toMatchObject({
      schemaVersion: 1,
      testRunId: "t-synthetic",
      startedAt: "2026-11-20T09:59:59.500Z",
      endedAt: "2026-11-20T10:00:31.000Z",
      timeZeroAt: "2026-11-20T10:00:00.000Z",
      complete: true,
      missing: [],
      target: "mqtt://broker:1883",
      workers: 2,
      recoveryTarget: 0.99,
      fleet: { devices: 200, everOnline: 200, cohorts: { cached: 120, spiral: 80 } },
      totals: { connectAttempts: 1542, connectsAccepted: 1540, connectsRefused: 2, configRequests: 1300 },
      disconnects: { storm: 200, bootstrap: 1200 },
      errors: { bootstrap_timeout: 1200, tcp_refused: 2 },
      errorsByCohort: { cached: { tcp_refused: 2 }, spiral: { bootstrap_timeout: 1200 } },
      exit: { code: 0 },
    });
  });
  it("counts the storm over the whole fleet, with the unrecovered as infinitely slow", () => {
    expect(first).toMatchObject({
      index: 1,
      cause: "reset",
      fraction: 1,
      at: 10_000,
      windowMs: 20_000,
      affected: 200,
      recovered: 140,
      unrecovered: 60,
      verdict: "metastable",
      generatorSaturated: true,
      connectAttempts: 1340,
      amplification: { connect: 6.7, config: 6.1 },
      // 60 + 60 cached in one row, 3 + 3 spiral in each of ten; the last quarter has the spiral's alone
      peak: { connectAttemptsPerS: 180, configRequestsPerS: 60 },
      lastStretch: { ms: 5000, back: 0, offered: { connectsPerS: 60, configRequestsPerS: 60 } },
      sustained: { connectsPerS: 36, configRequestsPerS: 16 },
      fleet: 200,
      fleetReadyAtEnd: 140,
    });
    expect(first?.readyMs.p50).toBeCloseTo(847, -1);
    expect(first?.readyMs).toMatchObject({ p90: null, p99: null, max: null });
    expect(first?.dropSpreadMs.max).toBeCloseTo(4, 2);
  });
  it("judges each cohort by itself", () => {
    expect(first?.cohorts.cached).toMatchObject({ verdict: "recovered", affected: 120, unrecovered: 0 });
    expect(first?.cohorts.cached?.readyMs.max).toBeCloseTo(1000, -1);
    expect(first?.cohorts.cached?.amplification).toEqual({ connect: 1, config: 0 });
    expect(first?.cohorts.spiral).toMatchObject({
      verdict: "metastable",
      affected: 80,
      recovered: 20,
      readyMs: { p50: null, p90: null, p99: null, max: null },
      peak: { connectAttemptsPerS: 60, configRequestsPerS: 60 },
      amplification: { connect: 15.25, config: 15.25 },
    });
    expect(first?.cohorts.spiral?.reconnectMs.p99).toBeCloseTo(90, 0);
  });
  it("has service times over all cohorts, and null for what was never measured", () => {
    expect(summary.latencyMs.connect.count).toBe(1540);
    expect(summary.latencyMs.connect.max).toBeCloseTo(5, 2);
    expect(summary.latencyMs.tlsResumed).toEqual({
      count: 0,
      doubtful: [],
      p50: null,
      p90: null,
      p99: null,
      p999: null,
      max: null,
    });
  });
});

describe("incomplete runs", () => {
  it("says which worker was killed or interrupted", () => {
    const summary = summaryOf([
      { record: record({ state: "running" }) },
      { record: record({ workerId: "2", state: "interrupted" }) },
    ]);
    expect(summary.complete).toBe(false);
    expect(summary.missing).toEqual([
      "worker 1 was killed: worker-1.json ends at 2026-11-20T10:00:31.000Z",
      "worker 2 was interrupted before its devices had finished",
    ]);
  });
  it("has no verdict and no number for a storm that never came, or hit nobody", () => {
    const never = storm({ index: 2, startedAtMs: null, closed: false, generator: null });
    const nobody = storm({ cohorts: { one: stormCohort({ selected: 5 }) } });
    const { storms } = summaryOf([{ record: record({ storms: [nobody, never] }) }]);
    expect(storms).toMatchObject([
      { verdict: null, verdictReason: "no device affected", selected: 5, amplification: { connect: null } },
      { verdict: null, verdictReason: "did not happen", readyMs: { p50: null }, generatorSaturated: false },
    ]);
  });
  it("exits with 2 if no device of the fleet was ever online", () => {
    const cohorts = { one: { devices: 10, everOnline: 0 } };
    expect(summaryOf([{ record: record({ cohorts }) }]).exit.code).toBe(2);
    expect(summaryOf([{ record: record() }]).exit.code).toBe(0);
  });
});

it("keeps cohorts whose names are JavaScript's own", () => {
  const cohorts = { constructor: { devices: 1, everOnline: 1 }, toString: { devices: 2, everOnline: 1 } };
  expect(summaryOf([{ record: record({ cohorts }) }]).fleet.cohorts).toEqual({ constructor: 1, toString: 2 });
});
