import { z } from "zod";
import { DURATION_NOTATION } from "../duration.ts";
import { anyText, positiveInteger, positiveNumber } from "./scalars.ts";
import { durationMs, settings, text } from "./steps/step.ts";
import { describeKeys } from "./written-as.ts";

/** `config.engines.mqtt.forecast`: what a forecast takes for the network, the broker and the back end. A real run reads none of it. */

const PER_SECOND = "a number per second, above 0";
const perSecond = positiveNumber(PER_SECOND);
const COUNT = "a whole number above 0";
const count = positiveInteger(COUNT);
const ANSWERS_PER_SECOND = "a number of answers per second, above 0";

const scaleUp = describeKeys(z.strictObject({ after: durationMs, to: positiveNumber(ANSWERS_PER_SECOND) }), {
  after: "How long the queue must not have been empty.",
  to: "Answers per second from then on.",
});

/** The lab's config service, or one that is only modelled: the same keys mean the same. */
export const serviceSettings = z.strictObject({
  requestTopic: text.default("config/+/get/#"),
  responseTopic: text.default("config/$1/$2"),
  payload: anyText.default('{"version":1,"topics":["commands/$1"]}'),
  capacity: positiveNumber(ANSWERS_PER_SECOND).default(1000),
  queueLimit: count.default(10_000),
  scaleUp: scaleUp.optional(),
});
describeKeys(serviceSettings, {
  requestTopic: "The topic filter of the requests that it answers; config/+/get/# unless given.",
  responseTopic: "The topic of its answers, $1 for what the first wildcard of requestTopic stands for.",
  payload: "What it answers; may hold $1, $2.",
  capacity: "Answers per second, from one queue; 1000 unless given.",
  queueLimit: "Requests that may wait; those beyond are dropped. 10000 unless given.",
  scaleUp: "It gets faster once its queue has not been empty for a time.",
});
export type ServiceSettings = z.output<typeof serviceSettings>;

/** What the lab's broker asks for every CONNECT, or what a modelled broker does. */
export const authSettings = z.strictObject({
  capacity: positiveNumber(ANSWERS_PER_SECOND),
  queueLimit: count.default(10_000),
  latency: durationMs.default(0),
  scaleUp: scaleUp.optional(),
});
describeKeys(authSettings, {
  capacity: "CONNECTs per second that it answers, from one queue.",
  queueLimit: "Questions that may wait; a CONNECT beyond is refused. 10000 unless given.",
  latency: "What every answer takes beside its wait in the queue; 0 unless given.",
  scaleUp: "It gets faster once its queue has not been empty for a time.",
});
export type AuthSettings = z.output<typeof authSettings>;

const FUNCTION_TIME = `auth, or ${DURATION_NOTATION}`;

const network = settings(
  {
    /** One way. */
    latency: durationMs.optional(),
  },
  { latency: "What a packet takes one way." },
);

const broker = settings(
  {
    /** CONNECTs that it can accept, alone. */
    connects: perSecond.optional(),
    /** TLS handshakes that it can do, alone. */
    tlsFull: perSecond.optional(),
    tlsResumed: perSecond.optional(),
    subscribes: perSecond.optional(),
    /** PUBLISH packets that it can take in and pass on. */
    messages: perSecond.optional(),
    /** Connections that wait to be accepted; a SYN beyond is dropped. */
    acceptQueue: count.optional(),
    /** How many of these it accepts each time that its event loop comes to them. */
    accepts: z.enum(["one", "all"], { error: "one or all" }).optional(),
    /** Ends of connections that it can take note of, alone. */
    closes: perSecond.optional(),
    /** What it adds to every answer, however idle it is. */
    latency: durationMs.optional(),
  },
  {
    connects: "CONNECTs per second that it can accept, doing nothing else.",
    tlsFull: "Full TLS handshakes per second that it can do, doing nothing else.",
    tlsResumed: "Resumed TLS handshakes per second that it can do, doing nothing else.",
    subscribes: "SUBSCRIBE packets per second that it can take, doing nothing else.",
    messages: "PUBLISH packets per second that it can take in and pass on.",
    acceptQueue: "Connections that may wait to be accepted; a SYN beyond is dropped.",
    accepts: "How many of these it accepts each time that its event loop comes to them: one or all.",
    closes: "Ends of connections per second that it can take note of, doing nothing else.",
    latency: "What it adds to every answer, however idle it is.",
  },
);

const generator = settings(
  {
    /** Connections that the load generator opens, where it is to be a limit: what one run's workers together can. */
    connects: perSecond.optional(),
  },
  { connects: "Connections per second that the load generator opens, where it is to be a limit." },
);

const http = settings(
  {
    /** What an `http` step of a server that is not the lab's takes. */
    duration: durationMs,
    body: anyText.default("{}"),
  },
  {
    duration: "What an http step of a server that is not the lab's takes.",
    body: "What such a server answers; {} unless given.",
  },
);

export const forecastSettings = settings(
  {
    network: network.optional(),
    broker: broker.optional(),
    generator: generator.optional(),
    /** The back end that answers config requests, where it is not the lab's. */
    configService: serviceSettings.optional(),
    /** The back end that the broker asks for every CONNECT, where it is not the lab's. */
    auth: authSettings.optional(),
    http: http.optional(),
    /** How long each function of the processor takes: it is not called. `auth`: it asks the auth service. */
    functions: z
      .record(z.string(), z.union([z.literal("auth"), durationMs], { error: FUNCTION_TIME }), {
        error: "durations by the name of a function",
      })
      .optional(),
  },
  {
    network: "The network between devices and broker.",
    broker: "What the broker can do.",
    generator: "What the load generator can do.",
    configService: "The back end that answers config requests, where it is not the lab's.",
    auth: "The back end that the broker asks for every CONNECT, where it is not the lab's.",
    http: "Servers that http steps ask, where they are not the lab's.",
    functions: "How long each function of the processor takes, by its name; auth: it asks the auth service.",
  },
);

export type ForecastSettings = z.output<typeof forecastSettings>;
