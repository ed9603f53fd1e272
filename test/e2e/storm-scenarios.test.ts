/** Scenarios about who loses the connection, when and for how long: Mosquitto's log, or a client that is no device, says who did. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkerRecord } from "artillery-engine-mqtt/contract";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { smallPlant } from "../support/small-scenarios.ts";
import { readSummary, resultsDirectory } from "../support/summary.ts";

/** Devices by what each line of a log says of them. */
function named(broker: Mosquitto, line: RegExp): string[] {
  return broker
    .log()
    .split("\n")
    .flatMap((text) => line.exec(text)?.[1] ?? []);
}

/** The client has gone without DISCONNECT. */
const GONE = /Client (device-\d+) closed its connection/;
const CAME = /New client connected from \S+ as (device-\d+) /;

/** When each line of a log was written, by whole seconds since the epoch, and of whom. */
function timed(broker: Mosquitto, line: RegExp): { device: string; second: number }[] {
  return broker
    .log()
    .split("\n")
    .flatMap((text) => {
      const device = line.exec(text)?.[1];
      return device === undefined ? [] : [{ device, second: Date.parse(text.slice(0, 19)) / 1000 }];
    });
}

/** When the storm came, by the clock of the machine that the broker's log has too. */
function stormCameMs(run: ArtilleryRun): number {
  const folder = resultsDirectory(run);
  const [name = ""] = readdirSync(folder).filter((file) => /^worker-\d+\.json$/.test(file));
  const { storms } = JSON.parse(readFileSync(join(folder, name), "utf8")) as WorkerRecord;
  return storms[0]?.startedAtMs ?? Number.NaN;
}

/** A scenario of the shipped ones with other values: its devices, its one storm, its clients. */
function smaller(name: string, phase: object, storm: object, mqtt: object = {}): SmallScript {
  const script = parse(readFileSync(`scenarios/${name}.yml`, "utf8")) as SmallScript;
  script.config.phases = [phase];
  Object.assign(script.config.engines.mqtt, mqtt);
  Object.assign(script.config.engines.mqtt.storms[0], storm);
  return script;
}

interface SmallScript {
  config: { phases: object[]; engines: { mqtt: { storms: [object]; configService: object } } };
  scenarios: object[];
}

const QUICK = { reconnect: { policy: "full-jitter", base: "500ms", cap: "2s" } };

describe.skipIf(!mosquittoAvailable())("on Mosquitto", () => {
  const brokers: Mosquitto[] = [];
  beforeAll(async () => {
    brokers.push(...(await Promise.all(Array.from({ length: 5 }, () => Mosquitto.start()))));
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

  it.concurrent("power-cut.yml: the broker hears nothing until the power is back, and takes each device over then", async () => {
    const broker = brokers[2] as Mosquitto;
    const storm = { at: "4s", for: "4s", window: "10s" };
    const script = smaller("power-cut", { duration: 2, arrivalRate: 50 }, storm, QUICK);
    const result = await runArtillery(script, { args: ["-t", broker.url] });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const { storms } = readSummary(result);
    expect(storms[0]).toMatchObject({
      event: "power cut",
      affected: 60,
      recovered: 60,
      verdict: "recovered",
    });
    expect(result.stdout).toContain("Storm 1: power cut (silent of 60 %, without power for 4 s) at 4 s");

    const came = timed(broker, CAME);
    const first = new Set<string>();
    const again = came.filter(({ device }) => first.has(device) || !first.add(device));
    expect(new Set(again.map(({ device }) => device)).size).toBe(60);
    expect(again).toHaveLength(60);
    // The log has whole seconds: a device may have come at the end of the second that it tells.
    const backMs = stormCameMs(result) + 4000;
    expect(Math.min(...again.map(({ second }) => second * 1000 + 999))).toBeGreaterThanOrEqual(backMs);
    const over = named(broker, /Client (device-\d+) already connected, closing old connection/);
    expect(over.toSorted()).toEqual(again.map(({ device }) => device).toSorted());
    expect(named(broker, GONE)).toEqual([]);
  });

  it.concurrent("rolling-restart.yml: each connection is closed once, one after the other", async () => {
    const broker = brokers[3] as Mosquitto;
    const storm = { at: "4s", over: "8s", window: "12s" };
    const script = smaller("rolling-restart", { duration: 2, arrivalRate: 40 }, storm, QUICK);
    const result = await runArtillery(script, { args: ["-t", broker.url] });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(readSummary(result).storms[0]).toMatchObject({
      affected: 80,
      recovered: 80,
      verdict: "recovered",
    });
    expect(result.stdout).toContain("Storm 1: rolling restart (close of 100 % over 8 s) at 4 s");

    const gone = timed(broker, GONE);
    expect([gone.length, new Set(gone.map(({ device }) => device)).size]).toEqual([80, 80]);
    const seconds = Map.groupBy(gone, ({ second }) => second);
    // 8 s touch 8 or 9 whole seconds; ten devices each, but for the ends. A pass at once would be in two of them.
    expect(seconds.size).toBeGreaterThanOrEqual(8);
    expect(seconds.size).toBeLessThanOrEqual(10);
    expect(Math.max(...[...seconds.values()].map(({ length }) => length))).toBeLessThanOrEqual(20);
  });

  it.concurrent("mixed-firmware.yml: the broker sees three clients, each of which comes back in its own way", async () => {
    const broker = brokers[4] as Mosquitto;
    // A tenth of the fleet before a tenth of the back end.
    const script = smaller("mixed-firmware", { duration: 8, arrivalRate: 10 }, { at: "10s", window: "16s" });
    Object.assign(script.config.engines.mqtt.configService, { capacity: 12 });
    const result = await runArtillery(script, { args: ["-t", broker.url] });
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const { fleet, storms } = readSummary(result);
    const kinds = {
      "old gateways, MQTT.js": "p2, c1, k60",
      "meters, Paho C": "p2, c0, k1200",
      "trackers, AWS SDK": "p2, c1, k300",
    };
    const devicesOf = (what: string): Map<string, number[]> => {
      const line = new RegExp(`New client connected from \\S+ as (device-\\d+) \\(${what}\\)`);
      const lines = Map.groupBy(timed(broker, line), ({ device }) => device);
      return new Map([...lines].map(([device, came]) => [device, came.map(({ second }) => second)]));
    };
    for (const [cohort, what] of Object.entries(kinds)) {
      const devices = devicesOf(what);
      expect([cohort, devices.size]).toEqual([cohort, fleet.cohorts[cohort]]);
      // All were cut; what the storm counts of each is in the log, beside the first connect and what failed before.
      const came = [...devices.values()].reduce((sum, { length }) => sum + length, 0);
      expect(came).toBeGreaterThanOrEqual(devices.size + (storms[0]?.cohorts[cohort]?.connectsAccepted ?? 0));
    }
    // After an answer that did not come gateways come back every 3 s: 2 s of patience, 1 s of back-off. Meters wait twice as long each time.
    const gaps = (what: string): number[] =>
      [...devicesOf(what).values()].flatMap((came) =>
        came.slice(2).map((second, i) => second - (came[i + 1] as number)),
      );
    const gateways = gaps(kinds["old gateways, MQTT.js"]);
    expect(gateways.length).toBeGreaterThan(0);
    expect(Math.max(...gateways)).toBeLessThanOrEqual(5);
    expect(Math.max(...gaps(kinds["meters, Paho C"]))).toBeGreaterThanOrEqual(5);
    expect(result.stdout.replace(/\s+/g, " ")).toContain(
      "comes back by paho-c, which begins anew when ready",
    );
  });
});
