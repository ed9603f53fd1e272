import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { AuthCount } from "../../engine/src/lab/auth.ts";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { readSummary } from "../support/summary.ts";

const DEVICES = 60;
const CAPACITY = 20;

interface Script {
  config: { processor?: string; phases: object[]; engines: { mqtt: Record<string, unknown> } };
  before: unknown;
  scenarios: { flow: object[] }[];
}

/** Fewer devices, sooner; each fetches a token of the auth service before it connects, and the broker asks it for each CONNECT. */
function smaller(path: string): Script {
  const script = parse(readFileSync(path, "utf8")) as Script;
  script.config.processor = "./processor.js";
  script.config.phases = [{ duration: 6, arrivalRate: DEVICES / 6 }];
  Object.assign(script.config.engines.mqtt, {
    reconnect: { policy: "full-jitter", base: "500ms", cap: "1s" },
    storms: [{ name: "power cut", at: "7s", fraction: "100 %", cause: "reset", window: "10s" }],
  });
  script.before = {
    engine: "mqtt",
    flow: [{ lab: { auth: { capacity: CAPACITY, queueLimit: 1000 } } }],
  };
  for (const scenario of script.scenarios) {
    scenario.flow = [{ connect: { beforeConnect: "fetchToken" } }, { stayOnline: {} }];
  }
  return script;
}

const PROCESSOR = `
  module.exports = {
    fetchToken(context, events, done) {
      fetch(context.vars.$mqttLab.auth + "/token").then(async (answer) => {
        context.vars.token = (await answer.json()).token;
        done();
      }, done);
    },
  };
`;

describe("scenarios/auth-outage.yml", () => {
  let run: ArtilleryRun;
  /** What the auth service said of itself last. */
  let counted: AuthCount | null = null;

  beforeAll(async () => {
    let polling: NodeJS.Timeout | null = null;
    const poll = async (url: string): Promise<void> => {
      try {
        counted = (await (await fetch(`${url}/count`)).json()) as AuthCount;
      } catch {
        // It has ended with its run.
      }
    };
    let heard = "";
    run = await runArtillery(smaller("scenarios/auth-outage.yml"), {
      files: { "processor.js": PROCESSOR },
      onOutput(text) {
        heard += text;
        const url = /auth service at (http:\/\/[\d.:]+)/.exec(heard)?.[1];
        if (url !== undefined) polling ??= setInterval(() => void poll(url), 100);
      },
    });
    if (polling !== null) clearInterval(polling);
  });

  it("recovers no faster than the auth service answers, whose own count holds what the run says of it", () => {
    expect(run.code, run.stdout + run.stderr).toBe(0);
    const { storms, totals, latencyMs } = readSummary(run);
    expect(storms).toMatchObject([{ name: "power cut", affected: DEVICES, verdict: "recovered" }]);
    // A token and a CONNECT of each device: two answers.
    expect(storms[0]?.readyMs.max).toBeGreaterThan(((2 * DEVICES) / CAPACITY) * 1000 - 500);
    expect(totals.authRequests).toBe(totals.connectAttempts);
    expect(totals.authResponses + totals.authFailures).toBe(totals.authRequests);
    expect(latencyMs.auth.count).toBe(totals.authResponses);
    // Every attempt asked twice, but for those without a token; the rest are the lab's own and the run's control connections.
    const asked = totals.authRequests + (totals.authRequests - totals.authFailures);
    expect(counted?.refused).toBe(0);
    expect(counted?.asked).toBeGreaterThanOrEqual(asked);
    expect(counted?.asked).toBeLessThanOrEqual(asked + OTHERS);
  });

  it("shows them beside config requests", () => {
    expect(run.stdout).toMatch(/credentials +\d+ asked for, \d+ brought, \d+ failed/);
    expect(run.stdout).toMatch(/mqtt\.auth\.requests: \.+ \d+/);
    expect(run.stdout).toContain("Storm 1: power cut (reset of 100 %)");
  });
});

/** The config service, and one control connection of each worker thread. */
const OTHERS = 8;
