/** Child process: a back end that answers configuration requests over MQTT, with bounded capacity. */
import { randomBytes } from "node:crypto";
import { connect, type IClientPublishOptions, type MqttClient } from "mqtt";
import { serve } from "./child.ts";
import type { ConfigServiceSettings } from "./lab.ts";
import { ServiceQueue } from "./service-queue.ts";
import { captureTopic, fillPattern } from "./topic-pattern.ts";

/** How often finished answers are sent while requests wait. */
const TICK_MS = 10;
const CONNECT_TIMEOUT_MS = 10_000;

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
    // Nothing is served while the connection is lost: requests keep their place.
    if (!client.connected) return;
    for (const { topic, payload, options } of queue.take(performance.now())) {
      client.publish(topic, payload, options);
    }
    if (queue.length > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
  client.on("connect", () => queue.resume(performance.now()));
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
  await client.subscribeAsync(settings.requestTopic, { qos: 0 }).catch((error: Error) => {
    throw new Error(`cannot subscribe to ${settings.requestTopic} at ${settings.target}: ${error.message}`);
  });
  return { port: 0 };
});

/** The first failure is final. Later losses are MQTT.js's business: it tries every second and subscribes again. */
function connected(settings: ConfigServiceSettings): Promise<MqttClient> {
  const { target, protocolVersion, username, password } = settings;
  return new Promise((resolve, reject) => {
    const client = connect(target, {
      // 23 characters, which every broker takes; unique over containers, whose process ids are alike.
      clientId: `config-service-${randomBytes(4).toString("hex")}`,
      protocolVersion,
      reconnectPeriod: 1000,
      connectTimeout: CONNECT_TIMEOUT_MS,
      queueQoSZero: false,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    });
    const fail = (reason: string): void => {
      reject(new Error(`cannot connect to ${target}: ${reason}`));
    };
    const timer = setTimeout(
      () => fail(`no CONNACK within ${CONNECT_TIMEOUT_MS / 1000} s`),
      CONNECT_TIMEOUT_MS,
    );
    client.on("connect", () => {
      clearTimeout(timer);
      resolve(client);
    });
    // An AggregateError, of a name with several addresses, has a code but no message.
    client.on("error", (error: Error & { code?: unknown }) => fail(error.message || String(error.code)));
    client.on("close", () => fail("closed before CONNACK"));
  });
}
