/** Messages from device to device in a forecast: what the same scripts come to on Mosquitto stands in test/e2e. */
import { describe, expect, it } from "vitest";
import {
  MESSAGE_COUNTER_NAMES,
  type MessageCounter,
  type WorkerMessages,
} from "../../../engine/src/contract.ts";
import type { VirtualFleet } from "../../../engine/src/forecast/virtual-fleet.ts";
import { forecastOfScript, onlyWorker } from "../../support/forecast.ts";
import { SPOKEN, smallFlood, smallPlant } from "../../support/small-scenarios.ts";

/** Devices of the first two scenarios. */
function devicesOf(fleet: VirtualFleet): [number, number] {
  const { recorder } = onlyWorker(fleet);
  return [recorder.counters(0).everOnline, recorder.counters(1).everOnline];
}

function allOf(cohorts: WorkerMessages[]): WorkerMessages {
  const sum = (name: MessageCounter): number => cohorts.reduce((n, of) => n + of[name], 0);
  return Object.fromEntries(MESSAGE_COUNTER_NAMES.map((name) => [name, sum(name)])) as WorkerMessages;
}

describe("rebirth.yml in a forecast", () => {
  it("comes to the messages that it comes to on a broker", async () => {
    const fleet = await forecastOfScript(smallPlant());
    const [nodes, hosts] = devicesOf(fleet);
    expect(nodes + hosts).toBe(100);
    expect(hosts).toBeGreaterThan(0);
    const { recorder, run } = onlyWorker(fleet);
    const [ofNodes, ofHosts] = [recorder.counters(0).counters, recorder.counters(1).counters];
    // Two births and data of each node; a command of each host to each node.
    expect(ofNodes).toMatchObject({ publishesSent: 3 * nodes, publishesReceived: nodes * hosts });
    expect(ofHosts).toMatchObject({ publishesSent: nodes * hosts });
    expect([ofNodes.messagesHandled, ofHosts.messagesHandled]).toEqual([nodes * hosts, nodes * hosts]);
    // Death, data and the second birth of each; first births of those that came after the host.
    expect(ofHosts.publishesReceived).toBeGreaterThanOrEqual(3 * nodes * hosts);
    expect(ofHosts.publishesReceived).toBeLessThanOrEqual(4 * nodes * hosts);
    expect(run.storms.report()[0]?.cohorts["nodes"]).toMatchObject({ affected: nodes, recovered: nodes });
  });
});

describe("queue-flood.yml in a forecast", () => {
  async function flood(session: object): Promise<{ messages: WorkerMessages; due: number }> {
    const script = smallFlood();
    Object.assign(script.config.engines?.["mqtt"] as object, { session });
    // All have arrived when the first sensor speaks.
    const [sensor] = script.scenarios as { flow: object[] }[];
    sensor?.flow.splice(1, 0, { think: "1500ms" });
    const fleet = await forecastOfScript(script);
    const [sensors, consoles] = devicesOf(fleet);
    const messages = allOf(Object.values(onlyWorker(fleet).recorder.messages?.read(0) ?? {}));
    expect(messages.published).toBe(SPOKEN * sensors);
    expect(consoles).toBeGreaterThan(0);
    return { messages, due: SPOKEN * sensors * consoles };
  }

  it("brings each console all that sensors say, where its session is kept; what waited is the flood", async () => {
    const { messages, due } = await flood({ clean: false });
    expect(messages.delivered - messages.duplicates).toBe(due);
    expect(messages.missed - messages.filled).toBe(0);
    expect(messages.flood).toBeGreaterThan(0);
  });

  it("loses what comes while consoles are away, where it is not, and says so", async () => {
    const { messages, due } = await flood({ clean: true });
    const lost = messages.missed - messages.filled;
    expect(lost).toBeGreaterThan(0);
    expect(messages.delivered - messages.duplicates).toBe(due - lost);
    expect(messages.flood).toBe(0);
  });
});
