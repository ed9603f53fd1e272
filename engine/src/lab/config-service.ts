/** Child process: a back end that answers configuration requests over MQTT and HTTP, with one bounded capacity for both. */
import { randomBytes } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import { connect, type IClientPublishOptions, type MqttClient } from "mqtt";
import { topicProblem } from "../device/topic.ts";
import { maskUrl } from "../secrets/secret-text.ts";
import { limitPackets } from "../transport/mqttjs-limit.ts";
import { serve } from "./child.ts";
import { Duty } from "./duty.ts";
import { listenOnLoopback, reply } from "./http-service.ts";
import type { ConfigServiceSettings } from "./lab.ts";
import { queueOptions, ServiceQueue } from "./service-queue.ts";
import { captureTopic, fillPattern } from "./topic-pattern.ts";

/** How often finished answers are sent while requests wait. */
const TICK_MS = 10;
const CONNECT_TIMEOUT_MS = 10_000;
/** A request may be so long: far more than firmware asks with. */
const MAX_PACKET_BYTES = 1_048_576;
/** Answers that the broker has not read: more than a busy one leaves lying, and no more than this process can hold. */
const MOST_UNSENT_BYTES = 64 * 1024 * 1024;
const TOO_LONG = `a packet of more than ${MAX_PACKET_BYTES} bytes`;

interface MqttAnswer {
  topic: string;
  payload: string;
  options: IClientPublishOptions;
}

interface HttpAnswer {
  payload: string;
  response: ServerResponse;
}

type Answer = MqttAnswer | HttpAnswer;

serve<ConfigServiceSettings>(async (settings) => {
  const duty = settings.isAlone ? null : new Duty(settings.requestTopic, say);
  const client = await connected(settings, duty);
  const queue = new ServiceQueue<Answer>(queueOptions(settings));
  let timer: NodeJS.Timeout | null = null;
  let httpWaiting = 0;
  /** Answers that were served while the broker was away. */
  let held: MqttAnswer[] = [];
  const send = ({ topic, payload, options }: MqttAnswer): void => {
    if (client.stream.writableLength <= MOST_UNSENT_BYTES) client.publish(topic, payload, options);
    else sayOnce(`the broker does not read: answers beyond ${MOST_UNSENT_BYTES} bytes are dropped`);
  };
  const tick = (): void => {
    // Nothing is served while the connection is lost, and requests keep their place, unless HTTP clients wait too.
    if (!client.connected && httpWaiting === 0) return;
    for (const answer of queue.take(performance.now())) {
      if ("response" in answer) {
        httpWaiting--;
        // A client that has hung up cost its share of the capacity all the same.
        reply(answer.response, 200, answer.payload);
      } else if (client.connected) send(answer);
      else if (held.length < settings.queueLimit) held.push(answer);
    }
    if (queue.length > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
  const offer = (answer: Answer): boolean => {
    if (!queue.offer(answer, performance.now())) return false;
    timer ??= setInterval(tick, TICK_MS);
    return true;
  };
  client.on("connect", () => {
    void duty?.join(client);
    queue.resume(performance.now());
    for (const answer of held) send(answer);
    held = [];
  });
  client.on("message", (topic, _payload, packet) => {
    if (duty?.hear(client, packet) === true || duty?.isMine === false) return;
    const captures = captureTopic(settings.requestTopic, topic);
    if (captures === null) return;
    const { responseTopic, correlationData } = packet.properties ?? {};
    const answerTopic = responseTopic ?? fillPattern(settings.responseTopic, captures);
    const problem = topicProblem(answerTopic);
    if (problem !== null) {
      sayOnce(`a request is not answered: the topic of its answer ${problem}`);
      return;
    }
    const answer: MqttAnswer = {
      topic: answerTopic,
      payload: fillPattern(settings.payload, captures),
      options: { qos: 0, ...(correlationData === undefined ? {} : { properties: { correlationData } }) },
    };
    offer(answer);
  });
  await client.subscribeAsync(settings.requestTopic, { qos: 0 }).catch((error: Error) => {
    throw new Error(
      `cannot subscribe to ${settings.requestTopic} at ${maskUrl(settings.target)}: ${error.message}`,
    );
  });
  await duty?.join(client);
  const port = await listen((path, response) => {
    const captures = captureTopic(settings.requestTopic, path);
    if (captures === null) reply(response, 404, "");
    else if (offer({ payload: fillPattern(settings.payload, captures), response })) httpWaiting++;
    else reply(response, 503, "");
  });
  return { port, ...(duty?.standsBy ? { standsBy: true } : {}) };
});

/** Writes a line to the terminal of the run. */
function say(line: string): void {
  console.error(`the lab's config service: ${line}`);
}

const said = new Set<string>();

/** Says once what may happen with every request. */
function sayOnce(line: string): void {
  if (said.has(line)) return;
  said.add(line);
  say(line);
}

/** HTTP on a free port of the loopback interface: the path of a GET or POST is the topic that it would ask on over MQTT. */
function listen(onRequest: (path: string, response: ServerResponse) => void): Promise<number> {
  const server = createServer((request, response) => {
    // Bodies are of no interest.
    request.resume();
    response.on("error", () => {});
    if (request.method !== "GET" && request.method !== "POST") reply(response, 405, "");
    else onRequest((request.url ?? "/").replace(/\?.*$/s, "").slice(1), response);
  });
  return listenOnLoopback(server);
}

/** The first failure is final. Later losses are MQTT.js's business: it tries every second and subscribes again. */
function connected(settings: ConfigServiceSettings, duty: Duty | null): Promise<MqttClient> {
  const { target, protocolVersion, username, password, tls } = settings;
  return new Promise((resolve, reject) => {
    const client = connect(target, {
      // These are 23 characters, which every broker takes; unique over containers, whose process ids are alike.
      clientId: `config-service-${randomBytes(4).toString("hex")}`,
      protocolVersion,
      reconnectPeriod: 1000,
      connectTimeout: CONNECT_TIMEOUT_MS,
      queueQoSZero: false,
      ...(duty === null ? {} : { will: duty.will }),
      ...tls,
      // MQTT.js hands only some of them on to its WebSocket.
      ...(tls === undefined ? {} : { wsOptions: tls }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    });
    const fail = (reason: string): void => {
      reject(new Error(`cannot connect to ${maskUrl(target)}: ${reason}`));
    };
    // The limit holds from the first byte on: one that begins after CONNACK may begin in the middle of a packet.
    limitPackets(client, MAX_PACKET_BYTES, () => {
      say(`${TOO_LONG}; connection dropped`);
      fail(TOO_LONG);
    });
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
