/** Child process: a back end that answers configuration requests over MQTT, with bounded capacity. */
import { connect, type IClientPublishOptions, type MqttClient } from "mqtt";
import { serve } from "./child.ts";
import type { ConfigServiceOptions } from "./lab.ts";
import { ServiceQueue } from "./service-queue.ts";
import { captureTopic, fillPattern } from "./topic-pattern.ts";

/** How often finished answers are sent while requests wait. */
const TICK_MS = 10;
const CONNECT_TIMEOUT_MS = 10_000;

export interface ConfigServiceSettings extends ConfigServiceOptions {
  target: string;
  protocolVersion: 4 | 5;
  username?: string;
  password?: string;
}

interface Answer {
  topic: string;
  payload: string;
  options: IClientPublishOptions;
}

serve<ConfigServiceSettings>(async (settings) => {
  const client = await connected(settings);
  const queue = new ServiceQueue<Answer>({
    capacity: settings.capacity,
    limit: settings.queueLimit,
    ...(settings.scaleUp === undefined ? {} : { scaleUp: settings.scaleUp }),
  });
  let timer: NodeJS.Timeout | null = null;
  const tick = (): void => {
    for (const { topic, payload, options } of queue.take(performance.now()))
      client.publish(topic, payload, options);
    if (queue.length > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
  client.on("message", (topic, _payload, packet) => {
    const captures = captureTopic(settings.requestTopic, topic);
    if (captures === null) return;
    const { responseTopic, correlationData } = packet.properties ?? {};
    const answer: Answer = {
      topic: responseTopic ?? fillPattern(settings.responseTopic, captures),
      payload: fillPattern(settings.payload, captures),
      options: { qos: 0, ...(correlationData === undefined ? {} : { properties: { correlationData } }) },
    };
    if (queue.offer(answer, performance.now())) timer ??= setInterval(tick, TICK_MS);
  });
  await client.subscribeAsync(settings.requestTopic, { qos: 0 });
  return { port: 0 };
});

/** Later losses are MQTT.js's own business: it tries again every second and subscribes again. */
async function connected(settings: ConfigServiceSettings): Promise<MqttClient> {
  const { target, protocolVersion, username, password } = settings;
  const client = connect(target, {
    clientId: `artillery-config-service-${process.pid}`,
    protocolVersion,
    reconnectPeriod: 1000,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Answers of an overloaded back end are worth nothing after an outage of its own.
    queueQoSZero: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error("no answer")), CONNECT_TIMEOUT_MS);
    const fail = (error: Error & { code?: unknown }): void => {
      clearTimeout(timer);
      client.end(true);
      reject(new Error(`cannot connect to ${target}: ${error.message || String(error.code)}`));
    };
    client.once("connect", () => {
      clearTimeout(timer);
      client.removeListener("error", fail);
      client.on("error", () => {});
      resolve();
    });
    client.once("error", fail);
  });
  return client;
}
