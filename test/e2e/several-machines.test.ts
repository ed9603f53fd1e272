/** Two machines that meet at the broker, of which one has a clock of its own: what the merged report says is what the broker saw. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mergeDirectories } from "../../results/src/directory/judged-runs.ts";
import type { Summary } from "../../results/src/judge/summary-schema.ts";
import { type ArtilleryRun, type RunOptions, runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";

const DEVICES = 40;
const SKEWED_CLOCK = pathToFileURL(join(import.meta.dirname, "../support/skewed-clock.mjs")).href;

const directoryOf = ({ runDirectory }: ArtilleryRun): string => {
  const output = join(runDirectory, "mqtt-results");
  return join(output, readdirSync(output)[0] ?? "");
};

describe.skipIf(!mosquittoAvailable())("two machines that meet at the broker", () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await Mosquitto.start();
  });
  afterAll(() => broker.stop());

  const machine = (name: string, storm: object, options: RunOptions = {}): Promise<ArtilleryRun> =>
    runArtillery(
      {
        config: {
          target: broker.url,
          // A process starts within this time: whoever is told to start at a storm comes more than a second late.
          phases: [{ pause: 2 }, { duration: 1, arrivalCount: DEVICES }],
          engines: {
            mqtt: {
              reconnect: { policy: "fixed", base: "100ms" },
              storms: [{ fraction: 0.5, cause: "reset", ...storm }],
            },
          },
          plugins: { "mqtt-results": { report: ["json", "console"], progress: false } },
        },
        scenarios: [{ name: "devices", engine: "mqtt", flow: [{ connect: {} }, { stayOnline: {} }] }],
      },
      { ...options, env: { ARTILLERY_TEST_RUN_ID: "machines", WORKER_ID: name, ...options.env } },
    );

  /** When the broker accepted each further connection of the devices of a machine, epoch milliseconds to the second. */
  const reconnects = (log: string, name: string): number[] => {
    const lines = log.matchAll(
      new RegExp(`^(\\S+): New client connected from \\S+ as (device-${name}-\\d+)`, "gm"),
    );
    const seen = new Set<string>();
    return [...lines].flatMap(([, time, id = ""]) => {
      if (seen.has(id)) return [Date.parse(time ?? "")];
      seen.add(id);
      return [];
    });
  };

  it("one whose clock is 2 s ahead cuts its devices 2 s before the others, and the report says so", async () => {
    const before = broker.log().length;
    const storm = { at: "9s", window: "6s" };
    const runs = await Promise.all([
      machine("a", storm),
      machine("b", storm, { env: { CLOCK_AHEAD_MS: "2000", NODE_OPTIONS: `--import=${SKEWED_CLOCK}` } }),
    ]);
    const log = broker.log().slice(before);
    const [ofFirst, ofSkewed] = [reconnects(log, "a"), reconnects(log, "b")];
    expect(ofFirst.length + ofSkewed.length, runs[1].stdout + runs[1].stderr).toBe(DEVICES);
    const apartMs = Math.min(...ofFirst) - Math.min(...ofSkewed);
    expect(apartMs).toBeGreaterThanOrEqual(1000);
    expect(apartMs).toBeLessThanOrEqual(3000);

    const [first = "", second = ""] = runs.map(directoryOf);
    const { summary } = mergeDirectories([first, second], {});
    const [judged] = summary.storms;
    expect(judged).toMatchObject({ affected: 40, verdict: null, verdictAbsence: "not-watched" });
    expect(judged?.verdictReason).toMatch(
      /^not one storm: container a came to it (2|1\.99|2\.01) s after container b$/,
    );
    expect(judged?.dropSpreadMs.max).toBeGreaterThan(1900);
    const ahead = summary.clocks.find(({ container }) => container === "b");
    expect(Math.abs((ahead?.aheadMs ?? 0) - 2000)).toBeLessThanOrEqual((ahead?.uncertaintyMs ?? 0) + 5);
    expect(summary.warnings.join()).toMatch(
      /the clock of container b is (2|1\.99|2\.01) s ahead of that of container a/,
    );

    // The files of the other one are lost.
    const alone = mergeDirectories([first], {}).summary;
    expect(alone).toMatchObject({
      complete: false,
      missing: ["container b left no files: it had 40 devices"],
    });
    expect(alone.storms[0]).toMatchObject({ verdict: null, presence: { due: 80, there: 40 } });
  });

  it("times messages between them on one clock, and times none of those whose clocks were not compared", async () => {
    const speak = {
      loop: [{ publish: { topic: "plant/{{ deviceId }}", payload: { n: 1 } } }, { think: 0.2 }],
      count: 30,
    };
    const pair = async (timeZero: object, topic: string): Promise<Summary> => {
      const runs = await Promise.all(
        ["a", "b"].map((name) =>
          runArtillery(
            {
              config: {
                target: broker.url,
                phases: [{ pause: 2 }, { duration: 1, arrivalCount: 5 }],
                engines: {
                  mqtt: {
                    messages: { track: "payload" },
                    clientIdPrefix: topic,
                    reconnect: { policy: "fixed", base: "100ms" },
                    storms: [{ at: "7s", fraction: 0.5, cause: "reset", window: "3s" }],
                    ...timeZero,
                  },
                },
                plugins: { "mqtt-results": { report: ["json"], progress: false } },
              },
              scenarios: [
                {
                  name: "devices",
                  engine: "mqtt",
                  onConnect: [{ subscribe: { topics: `${topic}/#` } }],
                  // The first container to come does not know for a while that it is.
                  flow: [
                    { connect: {} },
                    { think: 4 },
                    JSON.parse(JSON.stringify(speak).replace("plant", topic)),
                    { stayOnline: {} },
                  ],
                },
              ],
            },
            {
              env: {
                ARTILLERY_TEST_RUN_ID: topic,
                WORKER_ID: name,
                ...(name === "b" ? { CLOCK_AHEAD_MS: "2000", NODE_OPTIONS: `--import=${SKEWED_CLOCK}` } : {}),
              },
            },
          ),
        ),
      );
      for (const { code, stdout, stderr } of runs) expect(code, stdout + stderr).toBe(0);
      return mergeDirectories(runs.map(directoryOf), {}).summary;
    };
    const [together, apart] = await Promise.all([pair({}, "together"), pair({ timeZero: "local" }, "apart")]);
    for (const { messages } of [together, apart]) {
      expect(messages?.published).toBe(2 * 5 * 30);
      // Each device hears all of both machines, but while it is away.
      expect(messages?.delivered).toBeGreaterThan(2 * 5 * 5 * 30 * 1.5);
      expect(messages?.lost).not.toBeNull();
    }
    // Half of them come from a clock that is 2 s ahead, or go to it.
    expect(together.messages?.deliveryMs.count).toBe(together.messages?.delivered);
    expect(together.messages?.deliveryMs.max).toBeLessThan(1000);
    expect(apart.messages?.deliveryMs).toMatchObject({ count: 0, p50: null, p99: null });
    expect(apart.messages?.notes.join()).toMatch(
      /^(\S+) of \1 receptions have no time: their clocks were not compared$/,
    );
  });
});
