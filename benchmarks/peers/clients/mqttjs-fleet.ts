/**
 * Child process: one MQTT.js client per device. Arguments: port, devices, workload, connections opened at a time. Says `loaded` before it connects
 * anything, so that its idle process can be measured, and goes on when told to.
 */
import { connect, type MqttClient } from "mqtt";

const [port, count, workload] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const inFlight = Number(process.argv[5]);

const clients: MqttClient[] = [];
/** A device has 1 once it was ready since it was told to connect, or since the storm: cut twice, it must not count twice. */
const isReady = new Uint8Array(count);
let ready = 0;
/** Devices that have been told to connect. */
let started = 0;
let whenAllReady = (): void => {};

function deviceReady(number: number): void {
  if (isReady[number] === 1) return;
  isReady[number] = 1;
  ready++;
  if (started < count) start(started++);
  if (ready === count) whenAllReady();
}

function start(number: number): void {
  const id = `device-${String(number).padStart(6, "0")}`;
  const client = connect(`mqtt://127.0.0.1:${port}`, {
    clientId: id,
    clean: true,
    keepalive: 60,
    reconnectPeriod: 1,
    resubscribe: false,
  });
  clients.push(client);
  client.on("error", () => {});
  client.on("connect", () => {
    if (workload === "subscribe") {
      client.subscribe(`commands/${id}`, { qos: 1 }, (error) => {
        if (!error) deviceReady(number);
      });
      return;
    }
    client.subscribe([`commands/${id}`, `config/${id}`], { qos: 1 }, (error) => {
      if (!error) client.publish(`config/${id}/get`, "{}");
    });
  });
  if (workload === "config") {
    client.on("message", (topic) => {
      if (topic === `config/${id}`) deviceReady(number);
    });
  }
}

function reset({ stream }: MqttClient): void {
  (stream as unknown as { resetAndDestroy(): void }).resetAndDestroy();
}

process.on("message", (message) => {
  if (message === "connect") {
    const startedMs = performance.now();
    whenAllReady = () => process.send?.({ kind: "ready", tookMs: performance.now() - startedMs });
    while (started < Math.min(inFlight, count)) start(started++);
  }
  if (message === "storm") {
    ready = 0;
    isReady.fill(0);
    const startedMs = performance.now();
    whenAllReady = () =>
      process.send?.({ kind: "storm", dropSpreadMs, tookMs: performance.now() - startedMs });
    for (const client of clients) reset(client);
    const dropSpreadMs = performance.now() - startedMs;
  }
});
/** A reset is done with the turn in which its socket has no more to write. */
const RESET_MS = 500;

process.once("disconnect", () => {
  for (const client of clients) {
    client.options.reconnectPeriod = 0;
    reset(client);
  }
  setTimeout(() => process.exit(), RESET_MS);
});
process.send?.({ kind: "loaded" });
