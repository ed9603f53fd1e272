import { readdirSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import mqttPacket, { type Packet } from "mqtt-packet";
import { startChild } from "../../engine/src/lab/child.ts";
import { startMosquitto } from "../peers/mosquitto.ts";
import type { PairBroker } from "./pair.ts";

/** Processor time that a broker spends on one piece of work, microseconds, in each round. */
export interface BrokerCost {
  work: string;
  usOfRounds: number[];
}

const CLIENTS = 2000;
const ROUNDS = 3;
/** So many connections are opened at a time: fewer than any broker's accept queue holds. */
const AT_A_TIME = 64;
/** A broker that has worked has come to rest. */
const REST_MS = 300;

/**
 * What a broker's own processor time is for each kind of work that the model knows, by `CLIENTS` clients that do the same together. No
 * device, storm or back end is in it.
 */
export async function brokerCosts(broker: PairBroker): Promise<BrokerCost[]> {
  const { port, pid, stop } =
    broker === "lab" ? await startChild("broker", { tls: false }, () => {}) : await startMosquitto();
  const costs = new Map<string, number[]>();
  const cost = async (work: string, act: () => Promise<unknown>): Promise<void> => {
    await pause(REST_MS);
    const before = cpuUsOf(pid);
    await act();
    await pause(REST_MS);
    costs.set(work, [...(costs.get(work) ?? []), (cpuUsOf(pid) - before) / CLIENTS]);
  };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const sockets: Socket[] = [];
      await cost("connection accepted", async () => {
        while (sockets.length < CLIENTS) {
          const count = Math.min(AT_A_TIME, CLIENTS - sockets.length);
          sockets.push(...(await Promise.all(Array.from({ length: count }, () => opened(port)))));
        }
      });
      const each = (packet: (client: number) => Packet): Promise<unknown> =>
        Promise.all(sockets.map((socket, client) => answered(socket, packet(client))));
      await cost("CONNECT", () => each(connectOf));
      await cost("SUBSCRIBE", () => each((client) => subscribeTo(`config/${client}/#`)));
      await cost("PUBLISH, taken in and passed on", () => each(publishOf));
      await cost("end by RST", async () => {
        for (const socket of sockets) socket.resetAndDestroy();
      });
    }
  } finally {
    await stop();
  }
  return [...costs].map(([work, usOfRounds]) => ({ work, usOfRounds }));
}

/** Of all its threads, to the nanosecond: https://docs.kernel.org/scheduler/sched-stats.html */
function cpuUsOf(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const ns = tasks.map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]),
  );
  return ns.reduce((sum, one) => sum + one, 0) / 1000;
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(socket));
    socket.on("error", reject);
  });
}

function answered(socket: Socket, packet: Packet): Promise<void> {
  return new Promise((resolve) => {
    socket.once("data", () => resolve());
    socket.write(mqttPacket.generate(packet));
  });
}

function connectOf(client: number): Packet {
  const clientId = `cost-${client}`;
  return { cmd: "connect", clientId, clean: true, keepalive: 60, protocolId: "MQTT", protocolVersion: 4 };
}

function subscribeTo(topic: string): Packet {
  return { cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 0 }] };
}

function publishOf(client: number): Packet {
  const payload = '{"version":1,"topics":["commands/x"]}';
  return { cmd: "publish", topic: `config/${client}/1`, payload, qos: 0, dup: false, retain: false };
}

export function costsTable(broker: PairBroker, costs: readonly BrokerCost[]): string {
  const lines = costs.map(({ work, usOfRounds }) => {
    const mean = usOfRounds.reduce((sum, one) => sum + one, 0) / usOfRounds.length;
    const rounds = usOfRounds.map((us) => us.toFixed(1).padStart(7)).join("");
    return `  ${work.padEnd(34)}${rounds}   mean ${mean.toFixed(1).padStart(6)} us, ${Math.round(1e6 / mean)} per s`;
  });
  return [`${broker}: processor time each, us, ${ROUNDS} rounds of ${CLIENTS}`, ...lines].join("\n");
}
