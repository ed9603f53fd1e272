import { z } from "zod";
import { DURATION_NOTATION } from "../duration.ts";
import { anyText, positiveInteger, positiveNumber } from "./scalars.ts";
import { durationMs, settings, text } from "./steps/step.ts";

/** `config.engines.mqtt.forecast`: what a forecast takes for the network, the broker and the back end. A real run reads none of it. */

const PER_SECOND = "a number per second, above 0";
const perSecond = positiveNumber(PER_SECOND);
const COUNT = "a whole number above 0";
const count = positiveInteger(COUNT);
const ANSWERS_PER_SECOND = "a number of answers per second, above 0";

/** The lab's config service, or one that is only modelled: the same keys mean the same. */
export const serviceSettings = z.strictObject({
  requestTopic: text.default("config/+/get/#"),
  responseTopic: text.default("config/$1/$2"),
  payload: anyText.default('{"version":1,"topics":["commands/$1"]}'),
  capacity: positiveNumber(ANSWERS_PER_SECOND).default(1000),
  queueLimit: count.default(10_000),
  scaleUp: z
    .strictObject({
      after: durationMs,
      to: positiveNumber(ANSWERS_PER_SECOND),
    })
    .optional(),
});
export type ServiceSettings = z.output<typeof serviceSettings>;

/** What the lab's broker asks for every CONNECT, or what a modelled broker does. */
export const authSettings = z.strictObject({
  capacity: positiveNumber(ANSWERS_PER_SECOND),
  queueLimit: count.default(10_000),
  latency: durationMs.default(0),
  scaleUp: z.strictObject({ after: durationMs, to: positiveNumber(ANSWERS_PER_SECOND) }).optional(),
});
export type AuthSettings = z.output<typeof authSettings>;

const FUNCTION_TIME = `auth, or ${DURATION_NOTATION}`;

const network = settings({
  /** One way. */
  latency: durationMs.optional(),
});

const broker = settings({
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
});

const generator = settings({
  /** Connections that the load generator opens, where it is to be a limit: what one run's workers together can. */
  connects: perSecond.optional(),
});

const http = settings({
  /** What an `http` step of a server that is not the lab's takes. */
  duration: durationMs,
  body: anyText.default("{}"),
});

export const forecastSettings = settings({
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
});

export type ForecastSettings = z.output<typeof forecastSettings>;
