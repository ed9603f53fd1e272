import { describe, expect, it } from "vitest";
import { type LimitEvidence, limitsOf } from "../../../../results/src/judge/limits.ts";
import type { LoadStretch } from "../../../../results/src/judge/lost-time.ts";
import type { Summary } from "../../../../results/src/judge/summary-schema.ts";
import { forecastCommand, type ScriptOptions, scriptOf } from "../../../support/forecast-command.ts";

type LimitedStorm = Pick<Summary["storms"][number], "limits" | "lostTime">;

/** A forecast's own script says what limits it: the truth is no count of ours. */
async function limitsIn(options: ScriptOptions): Promise<LimitedStorm> {
  const { code, err, text } = await forecastCommand([scriptOf(options)]);
  expect(code, err).toBe(0);
  return (JSON.parse(text("summary.json")) as Summary).storms[0] as LimitedStorm;
}

const TOPICS = { requestTopic: "config/+/get/+", responseTopic: "config/$1/$2", queueLimit: 10_000 };
const WIDE = { ...TOPICS, capacity: 5000 };
const storm = (more: object): object[] => [{ at: "8s", fraction: 1, cause: "reset", window: "20s", ...more }];

describe("what limited a recovery, where a model knows", () => {
  it("is a back end that answers 100 a second, and answers them without a pause", async () => {
    const reconnect = { policy: "uniform", window: "200ms" };
    const { limits } = await limitsIn({ reconnect, configService: { ...TOPICS, capacity: 100 } });
    expect(limits.map(({ factor }) => factor)).toEqual(["back-end"]);
    expect(limits[0]?.evidence).toMatch(/answers were flat at (99|100|101)\/s for [12](\.5)? s/);
  });

  it("is a back end that answers when nobody waits any more", async () => {
    const { limits } = await limitsIn({});
    expect(limits.map(({ factor }) => factor)).toEqual(["back-end"]);
    expect(limits[0]?.evidence).toMatch(/requests timed out, and [\d,]+ answers came too late/);
  });

  it("is a broker that accepts 60 connects a second, and has the ends of connections to see to beside", async () => {
    const reconnect = { policy: "uniform", window: "200ms" };
    const { limits } = await limitsIn({
      reconnect,
      configService: WIDE,
      forecast: { broker: { connects: 60 } },
    });
    expect(limits.map(({ factor }) => factor)).toEqual(["broker"]);
    expect(limits[0]?.evidence).toMatch(/a flat (5[789]|60) connects\/s/);
  });

  it("is the back-off where all others have room", async () => {
    const { limits, lostTime } = await limitsIn({
      reconnect: { policy: "uniform", window: "5s" },
      configService: WIDE,
    });
    expect(limits.map(({ factor }) => factor)).toEqual(["back-off"]);
    // 220 devices wait for 2.5 s on average.
    expect(lostTime?.waitingS).toBeGreaterThan(220 * 2.5 * 0.9);
    expect(lostTime?.waitingS).toBeLessThan(220 * 2.5 * 1.1);
  });

  it("is what devices do not know where nobody tells them", async () => {
    const reconnect = { policy: "immediate" };
    const found = await limitsIn({
      reconnect,
      configService: WIDE,
      storms: storm({ cause: "silent", window: "200s" }),
    });
    expect(found.limits.map(({ factor }) => factor)).toEqual(["detection"]);
  });

  it("is the outage that the script gives it", async () => {
    const storms = storm({ outage: "power", for: "6s" });
    const found = await limitsIn({
      reconnect: { policy: "uniform", window: "1s" },
      configService: WIDE,
      storms,
    });
    expect(found.limits.map(({ factor }) => factor)).toEqual(["outage"]);
    expect(found.limits[0]?.evidence).toContain("no power for 6 s");
  });
});

/** A storm after which all was well, and that took nobody any time. */
const WELL: LimitEvidence = {
  storm: {
    affected: 100,
    cause: "reset",
    stopped: 0,
    connectAttempts: 100,
    connectsAccepted: 100,
    configRequests: 100,
    configTimeouts: 0,
    lateResponses: 0,
    readyMs: { p50: 10, p90: 20, p99: 30, max: 40 },
    readyFromStormMs: { p50: 10, p90: 20, p99: 30, max: 40 },
    overMs: null,
    outage: null,
  },
  connectsFailed: 0,
  authFailures: 0,
  due: 100,
  lost: { waitingS: 0, authenticatingS: 0, connectingS: 0, gettingReadyS: 0 },
  stretches: [],
  generatorReasons: [],
};
const factors = (evidence: LimitEvidence): string[] => limitsOf(evidence).map(({ factor }) => factor);

function stretches(credentialsPerS: number[], authenticating: number): LoadStretch[] {
  return credentialsPerS.map((perS) => ({
    connectsAcceptedPerS: 0,
    answersPerS: 0,
    credentialsPerS: perS,
    authenticating,
    connecting: 0,
    asking: 0,
  }));
}

describe("the rules", () => {
  it("say nothing without evidence, and nothing of a storm that took nobody", () => {
    expect(limitsOf(WELL)).toEqual([]);
    const { storm } = WELL;
    expect(limitsOf({ ...WELL, storm: { ...storm, affected: 0 }, generatorReasons: ["late"] })).toEqual([]);
  });

  it("name the generator first, for it makes all others doubtful", () => {
    const storm = { ...WELL.storm, configTimeouts: 50 };
    expect(factors({ ...WELL, storm, generatorReasons: ["it stood still"] })).toEqual([
      "generator",
      "back-end",
    ]);
  });

  it("take a queue for a limit where what is served is the same throughout, not where it rises with what is asked", () => {
    expect(factors({ ...WELL, stretches: stretches([50, 52, 49, 51, 50], 30) })).toEqual(["authentication"]);
    expect(factors({ ...WELL, stretches: stretches([10, 20, 40, 80, 160], 30) })).toEqual([]);
    expect(factors({ ...WELL, stretches: stretches([50, 52, 49, 51, 50], 1) })).toEqual([]);
    expect(factors({ ...WELL, stretches: stretches([50, 52, 49], 30) })).toEqual([]);
  });

  it("count failures from a tenth on", () => {
    expect(factors({ ...WELL, connectsFailed: 11 })).toEqual([]);
    expect(factors({ ...WELL, connectsFailed: 12 })).toEqual(["broker"]);
    expect(factors({ ...WELL, storm: { ...WELL.storm, configTimeouts: 9 } })).toEqual([]);
    expect(factors({ ...WELL, storm: { ...WELL.storm, configTimeouts: 10 } })).toEqual(["back-end"]);
  });

  it("do not blame the back-off for waiting after what failed, nor for devices that stopped", () => {
    const lost = { ...WELL.lost, waitingS: 100, connectingS: 1 };
    expect(factors({ ...WELL, lost })).toEqual(["back-off"]);
    expect(factors({ ...WELL, lost, connectsFailed: 50 })).toEqual(["broker"]);
    const storm = { ...WELL.storm, stopped: 50 };
    const slow = stretches([0, 0, 0, 0], 0);
    expect(factors({ ...WELL, storm, lost, stretches: slow })).toEqual(["patience"]);
  });

  it("tell the two clocks apart, but not where a drain takes its time", () => {
    const storm = { ...WELL.storm, readyFromStormMs: { p50: 5000, p90: 6000, p99: 8000, max: 8000 } };
    expect(factors({ ...WELL, storm })).toEqual(["detection"]);
    expect(factors({ ...WELL, storm: { ...storm, overMs: 8000 } })).toEqual([]);
    expect(factors({ ...WELL, storm: { ...storm, readyFromStormMs: null } })).toEqual([]);
  });
});
