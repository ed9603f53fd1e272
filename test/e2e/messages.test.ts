/** Tracked messages, held against brokers that know what they lost, repeated, swapped and kept. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { EXIT_CODES } from "../../results/src/judge/exit-codes.ts";
import type { Summary } from "../../results/src/judge/summary-schema.ts";
import { runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { type Meddling, MeddlingBroker } from "../support/meddling-broker.ts";
import { SPOKEN, smallFlood } from "../support/small-scenarios.ts";
import { readSummary, resultsDirectory } from "../support/summary.ts";

const PER_HALF = 10;

/** By the number of a publisher's message: of each ten the third is lost, the fifth comes twice, the seventh after the eighth. */
function meddle(number: number): Meddling {
  return ({ 3: "drop", 5: "repeat", 7: "swap" } as const)[(number % 10) as 3] ?? "pass";
}

/** Devices publish ten times before the storm and ten times in its window, when all of them are back; nobody speaks while one is away. */
function meddledScript(target: string): object {
  const speak = {
    loop: [
      { publish: { topic: "plant/{{ deviceId }}", qos: 1, payload: { t: "{{ $loopCount }}" } } },
      { think: 0.05 },
    ],
    count: PER_HALF,
  };
  return {
    config: {
      target,
      phases: [{ duration: 1, arrivalRate: 20 }],
      engines: {
        mqtt: {
          messages: { track: "payload" },
          rendezvous: { directory: "rendezvous" },
          reconnect: { policy: "uniform", window: "500ms" },
          storms: [{ at: "4s", fraction: 1, cause: "reset", window: "5s" }],
        },
      },
      plugins: { "mqtt-results": {} },
    },
    scenarios: [
      {
        name: "devices",
        engine: "mqtt",
        onConnect: [{ subscribe: { topics: "plant/#", qos: 0 } }],
        flow: [{ connect: {} }, { think: 1.5 }, speak, { think: 3.5 }, speak, { stayOnline: {} }],
      },
    ],
  };
}

describe("what is lost, comes twice or out of order", () => {
  it("is what the broker did, in the storm's window and outside, over several workers", async () => {
    const broker = await MeddlingBroker.start(meddle, PER_HALF);
    onTestFinished(() => broker.stop());
    const run = await runArtillery(meddledScript(broker.url), { severalWorkers: true });
    expect(run.code, run.stdout + run.stderr).toBe(0);
    const { messages, storms, workers, fleet } = readSummary(run);
    expect(workers).toBeGreaterThan(1);
    const [storm] = storms;
    const [before, inWindow] = broker.receptions;
    expect(storm).toMatchObject({ affected: fleet.devices, recovered: fleet.devices });
    expect(broker.published).toEqual([fleet.devices * PER_HALF, fleet.devices * PER_HALF]);
    const due = (of: typeof before, published: number): object => ({
      published,
      acknowledged: published,
      delivered: of.delivered,
      missed: of.drop + of.swap,
      filled: of.swap,
      outOfOrder: of.swap,
      duplicates: of.repeat,
      lost: of.drop,
      undecided: 0,
    });
    expect(storm?.messages).toMatchObject(due(inWindow, broker.published[1]));
    const all = Object.fromEntries(
      Object.entries(inWindow).map(([what, count]) => [what, count + before[what as Meddling]]),
    ) as typeof before;
    expect(messages).toMatchObject(due(all, 2 * fleet.devices * PER_HALF));
    expect(messages?.deliveryMs.count).toBe(all.delivered);
    // Every device drops, repeats and swaps once per half and subscriber.
    expect(inWindow).toMatchObject({
      drop: fleet.devices ** 2,
      repeat: fleet.devices ** 2,
      swap: fleet.devices ** 2,
    });
    expect(run.stdout).toMatch(new RegExp(`mqtt\\.messages\\.lost: \\.* ${all.drop}\\n`));
    const timeline = readFileSync(join(resultsDirectory(run), "timeline.csv"), "utf8")
      .trim()
      .split("\n");
    const columns = (timeline[0] as string).split(",");
    const sum = (column: string): number =>
      timeline.slice(1).reduce((n, line) => n + Number(line.split(",")[columns.indexOf(column)]), 0);
    expect(sum("messages_missed") - sum("messages_filled")).toBe(all.drop);
    expect(sum("messages_delivered")).toBe(all.delivered);
    expect(sum("messages_duplicates")).toBe(all.repeat);
  }, 90_000);
});

describe.skipIf(!mosquittoAvailable())("queue-flood.yml at small size", () => {
  it("loses what Mosquitto says that it dropped, and nothing where it has room", async () => {
    const brokers = await Promise.all([
      Mosquitto.start({ settings: ["max_queued_messages 40", "sys_interval 1"] }),
      Mosquitto.start({ settings: ["sys_interval 1"] }),
    ]);
    onTestFinished(async () => {
      await Promise.all(brokers.map((broker) => broker.stop()));
    });
    const [lab, ...runs] = await Promise.all([
      runArtillery(smallFlood()),
      ...brokers.map(({ url }) => runArtillery(smallFlood(), { args: ["-t", url] })),
    ]);
    const [dropping, keeping] = runs.map(readSummary) as [Summary, Summary];
    const [dropped] = await Promise.all(brokers.map(({ url }) => droppedBy(url)));
    expect(dropped, runs[0]?.stdout).toBeGreaterThan(0);
    expect(brokers[0]?.logged(/Outgoing messages are being dropped/)).toBeGreaterThan(0);
    expect(dropping.messages?.lost).toBe(dropped);
    expect(dropping.storms[0]?.messages?.lost).toBe(dropped);
    expect(keeping.messages).toMatchObject({
      lost: 0,
      published: SPOKEN * (keeping.fleet.cohorts["sensor"] ?? 0),
    });
    // The scenario's gate is broken by what was lost, and by nothing else.
    expect(runs.map(({ code }) => code)).toEqual([EXIT_CODES.gate.code, 0]);
    for (const { storms } of [dropping, keeping]) {
      const console = storms[0]?.cohorts["console"];
      expect(console?.affected).toBeGreaterThan(0);
      expect(console?.messages?.floodMs.count).toBe(console?.affected);
      expect(console?.messages?.flood).toBeGreaterThanOrEqual(40 * (console?.affected ?? 0));
    }
    // The embedded broker keeps them too. It may hand on new ones between those that waited (test/integration/aedes.test.ts).
    expect(lab.code, lab.stdout + lab.stderr).toBe(0);
    // What a console had not acknowledged when it was cut comes again: how much that is depends on how busy the machine is.
    expect(readSummary(lab).messages?.lost).toBe(0);
    expect(keeping.messages?.outOfOrder).toBe(0);
  }, 90_000);
});

/** What Mosquitto says once a second, and keeps: what it said last is of the end of the run. */
async function droppedBy(url: string): Promise<number> {
  const client = await connectAsync(url);
  const said = new Promise<number>((done) => {
    client.on("message", (_topic, payload) => done(Number(payload.toString())));
  });
  await client.subscribeAsync("$SYS/broker/publish/messages/dropped");
  const count = await said;
  await client.endAsync();
  return count;
}
