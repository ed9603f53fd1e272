/** The metrics of a real run, scraped every second and held against the log of a real broker. */
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { FAMILIES } from "../../results/src/prometheus/metrics.ts";
import { runArtillery } from "../support/artillery.ts";
import { freePort, Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { dashboardQueries } from "../support/dashboard.ts";
import { promtoolProblems, readScrape, type Scrape, sumOf } from "../support/prometheus.ts";
import { readSummary } from "../support/summary.ts";

const DEVICES = 60;

/** Nobody asks for configuration in this run. */
const ABSENT = ["mqtt_config_time_seconds_bucket"];

const script = (target: string, port: number): object => ({
  config: {
    target,
    phases: [{ duration: 1, arrivalRate: DEVICES }],
    engines: {
      mqtt: {
        username: "fleet",
        password: "right",
        reconnect: { policy: "full-jitter", base: "1s", cap: "1s" },
        storms: [{ at: "4s", name: "power cut", fraction: 0.5, cause: "reset", window: "8s" }],
      },
    },
    plugins: { "mqtt-results": { prometheus: { port, lastScrape: "10s" } } },
  },
  scenarios: [
    {
      name: "members",
      weight: 5,
      engine: "mqtt",
      onConnect: [{ subscribe: { topics: "commands/{{ deviceId }}", qos: 1 } }],
      flow: [{ connect: {} }, { stayOnline: {} }],
    },
    {
      name: "strangers",
      engine: "mqtt",
      flow: [{ connect: { password: "wrong" } }, { stayOnline: {} }],
    },
  ],
});

interface Moment {
  scrape: Scrape;
  text: string;
  /** Devices that the broker had at the beginning, and at the end of the scrape. */
  connected: [number, number];
}

/** Devices that the broker's log says are connected. */
function connectedNow(broker: Mosquitto): number {
  let connected = 0;
  for (const line of broker.log().split("\n")) {
    if (/New client connected from \S+ as device-/.test(line)) connected++;
    else if (/Client device-\S+ (?:closed its connection|disconnected(?!, not auth))/.test(line)) connected--;
  }
  return connected;
}

it.skipIf(!mosquittoAvailable())(
  "every second the metrics say what the broker's log says, over all workers",
  async () => {
    const [broker, port] = await Promise.all([Mosquitto.start({ users: { fleet: "right" } }), freePort()]);
    const moments: Moment[] = [];
    let isOver = false;
    const run = runArtillery(script(broker.url, port), { severalWorkers: true }).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const before = connectedNow(broker);
      const response = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => null);
      const text = await response?.text().catch(() => null);
      if (text != null)
        moments.push({ scrape: readScrape(text), text, connected: [before, connectedNow(broker)] });
      await pause(1000);
    }
    const result = await run;
    const output = result.stdout + result.stderr;
    // A machine that has much else to do leaves no verdict: the metrics are whole all the same.
    expect([0, 5], output).toContain(result.code);
    expect(output).toContain(`mqtt-results: Prometheus: http://127.0.0.1:${port}/metrics`);
    const first = (metric: string, labels = {}): number[] =>
      moments.map(({ scrape }) => sumOf(scrape, metric, labels));

    // Figures are up to a second old: where the broker's count stood still for longer, both are the same.
    const still = moments.filter(({ connected }, i) => {
      const [now, last, earlier] = [moments[i], moments[i - 1], moments[i - 2]].map(
        (one) => one?.connected ?? [-1, -2],
      );
      return (
        new Set([...(now as number[]), ...(last as number[]), ...(earlier as number[])]).size === 1 &&
        connected[0] > 0
      );
    });
    expect(still.length, output).toBeGreaterThan(1);
    for (const { scrape, connected } of still)
      expect(sumOf(scrape, "mqtt_devices_online")).toBe(connected[0]);

    // No counter ever goes down, nor does one of its series go away.
    const counters = FAMILIES.filter(({ type }) => type !== "gauge").map(({ name }) => name);
    for (const [i, { scrape }] of moments.entries()) {
      for (const { name, labels, value } of moments[i - 1]?.scrape.series ?? []) {
        if (!counters.some((counter) => name.startsWith(counter)) || labels["test_run"] === "unknown")
          continue;
        expect(sumOf(scrape, name, labels), `${name} ${JSON.stringify(labels)}`).toBeGreaterThanOrEqual(
          value,
        );
      }
    }

    // The last scrape has everything: what the broker logged, what the summary has, and nobody online.
    const last = moments.at(-1) as Moment;
    const end = (metric: string, labels = {}): number => sumOf(last.scrape, metric, labels);
    expect(first("mqtt_devices_online").at(-1)).toBe(0);
    expect(end("mqtt_devices_ready")).toBe(0);
    expect(end("mqtt_workers", { state: "ended" })).toBe(3);
    const log = (line: RegExp): number => broker.logged(line);
    expect(end("mqtt_connect_accepted_total", { cohort: "members" })).toBe(
      log(/New client connected from \S+ as device-/),
    );
    const refused = end("mqtt_connect_refused_total", { cohort: "strangers" });
    expect(refused).toBeGreaterThan(0);
    expect(end("mqtt_connect_refused_total", { reason: "connack.not_authorized" })).toBe(
      log(/Sending CONNACK to 127\.0\.0\.1 \(0, 5\)/),
    );
    const summary = readSummary(result);
    const { totals, storms } = summary;
    expect(end("mqtt_connect_attempts_total")).toBe(totals.connectAttempts);
    expect(refused + end("mqtt_connect_refused_total", { cohort: "members" })).toBe(totals.connectsRefused);
    expect(end("mqtt_connect_time_seconds_count")).toBe(totals.connectsAccepted);
    expect(end("mqtt_storm_affected_devices", { storm: "1" })).toBe(storms[0]?.affected);
    expect(end("mqtt_storm_ready_time_seconds_count", { storm: "1", cohort: "members" })).toBe(
      storms[0]?.recovered,
    );
    expect(end("mqtt_storm_info", { storm: "1", cause: "reset", event: "power cut" })).toBe(1);
    expect(Math.max(...first("mqtt_storm_open"))).toBe(1);
    expect(end("mqtt_storm_open")).toBe(0);
    expect(promtoolProblems(last.text) ?? "").toBe("");

    // The dashboard asks for what is there, by labels that are there.
    for (const { place, selectors } of dashboardQueries()) {
      for (const { metric, labels } of selectors) {
        const found = last.scrape.series.filter(({ name }) => name === metric);
        expect(found.length, `${place}: ${metric}`).toBeGreaterThan(ABSENT.includes(metric) ? -1 : 0);
        for (const one of found)
          expect(Object.keys(one.labels), metric).toEqual(
            expect.arrayContaining(labels.filter((label) => label !== "instance")),
          );
      }
    }
    await broker.stop();
  },
);
