/** Scenarios about who loses the connection, when and for how long: Mosquitto's log, or a client that is no device, says who did. */
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { smallPlant } from "../support/small-scenarios.ts";
import { readSummary } from "../support/summary.ts";

/** Devices by what each line of a log says of them. */
function named(broker: Mosquitto, line: RegExp): string[] {
  return broker
    .log()
    .split("\n")
    .flatMap((text) => line.exec(text)?.[1] ?? []);
}

/** The client has gone without DISCONNECT. */
const GONE = /Client (device-\d+) closed its connection/;

describe.skipIf(!mosquittoAvailable())("on Mosquitto", () => {
  const brokers: Mosquitto[] = [];
  beforeAll(async () => {
    brokers.push(...(await Promise.all([Mosquitto.start(), Mosquitto.start(), Mosquitto.start()])));
  });
  afterAll(async () => {
    await Promise.all(brokers.map((broker) => broker.stop()));
  });

  it.concurrent("will-storm.yml takes its share of the sensors, and every consumer hears of each", async () => {
    const broker = brokers[0] as Mosquitto;
    const overrides = {
      config: {
        phases: [{ duration: 3, arrivalRate: 100 }],
        engines: {
          mqtt: {
            reconnect: { base: "500ms", cap: "2s" },
            storms: [{ at: "5s", fraction: 0.6, sparing: "consumers", cause: "reset", window: "6s" }],
          },
        },
      },
    };
    const result = await runArtillery("scenarios/will-storm.yml", {
      args: ["-t", broker.url, "--overrides", JSON.stringify(overrides)],
      severalWorkers: true,
    });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const { fleet, storms } = readSummary(result);
    const { sensors = 0, consumers = 0 } = fleet.cohorts;
    expect(sensors + consumers).toBe(300);
    const affected = Math.round(sensors * 0.6);
    const [storm] = storms;
    expect(storm).toMatchObject({ onlyCohorts: ["sensors"], affected, fleet: 300, verdict: "recovered" });
    expect(storm?.cohorts["consumers"]).toMatchObject({ affected: 0, fleet: consumers, unaffectedLost: 0 });
    expect(result.stdout).toContain("connection reset of 60 % of sensors at 5 s");
    expect(result.stdout).toMatch(/not for consumers: \d+ devices?, none lost its connection/);

    const consuming = new Set(named(broker, /Received SUBSCRIBE from (device-\d+)/));
    expect(consuming.size).toBe(consumers);
    const gone = new Set(named(broker, GONE));
    expect(gone.size).toBe(affected);
    expect([...gone].filter((device) => consuming.has(device))).toEqual([]);
    const wills = named(broker, /Sending PUBLISH to (device-\d+) .*'status\/device-\d+', \.\.\. \(7 bytes\)/);
    expect(wills.length).toBe(affected * consumers);
  });

  it.concurrent("rebirth.yml: each node dies once, speaks, is asked by each host, and is born once", async () => {
    const broker = brokers[1] as Mosquitto;
    const said = new Map<string, string[]>();
    const observer = await connectAsync(broker.url);
    observer.on("message", (topic) => {
      const [, , kind = "", node = ""] = topic.split("/");
      said.set(node, [...(said.get(node) ?? []), kind]);
    });
    await observer.subscribeAsync("spBv1.0/#");
    const result = await runArtillery(smallPlant(), { args: ["-t", broker.url], severalWorkers: true });
    await observer.endAsync();
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const { fleet, storms } = readSummary(result);
    const { nodes = 0, hosts = 0 } = fleet.cohorts;
    expect(nodes + hosts).toBe(100);
    expect(hosts).toBeGreaterThan(0);
    const [storm] = storms;
    expect(storm).toMatchObject({ affected: nodes, recovered: nodes, verdict: "recovered" });
    expect(storm?.cohorts["hosts"]).toMatchObject({ affected: 0, fleet: hosts, unaffectedLost: 0 });

    expect(said.size).toBe(nodes);
    for (const [node, kinds] of said) {
      const asked = kinds.indexOf("NCMD");
      expect(kinds.slice(0, asked), node).toEqual(["NBIRTH", "NDEATH", "NDATA"]);
      const answers = kinds.slice(asked).toSorted();
      expect(answers, node).toEqual(["NBIRTH", ...Array.from({ length: hosts }, () => "NCMD")]);
    }
    expect(new Set(named(broker, GONE)).size).toBe(nodes);
    // As test/unit/forecast/messages.test.ts has it of the forecast: hosts act on each NDATA, nodes on each NCMD.
    expect(result.stdout).toMatch(new RegExp(`mqtt\\.on_message\\.handled: \\.* ${2 * nodes * hosts}\n`));
    expect(result.stdout).toMatch(new RegExp(`mqtt\\.publish\\.sent: \\.* ${nodes * (3 + hosts)}\n`));
  });
});
