import { z } from "zod";
import type { CaptureResult, VuContext } from "../../artillery.ts";
import type { Device } from "../../device/device.ts";
import { operationOf, type Question } from "../../device/question.ts";
import type { Correlation, RequestCall } from "../../device/session/requests.ts";
import { filterProblem, topicProblem } from "../../device/topic.ts";
import type { Waiter } from "../../device/turns.ts";
import { compilePayload, messagePayload } from "../payload.ts";
import { guardedAsk } from "../run-operation.ts";
import { boolean } from "../scalars.ts";
import { compileTextTemplate, referencedNames } from "../template.ts";
import { describeKeys } from "../written-as.ts";
import { compileSetting } from "./setting.ts";
import {
  type Compiler,
  contextOf,
  defineStep,
  durationMs,
  endsWithConnection,
  name,
  type ParsedStep,
  qos,
  qosLevel,
  text,
  topicName,
  topics,
  unusable,
} from "./step.ts";

export const captureSpec = describeKeys(z.looseObject({ as: name.optional() }), {
  as: "The variable that holds what was captured.",
});

/** What follows from no answer in time, or from a refusal. */
export const onTimeout = z
  .enum(["reset", "retry", "ignore"], { error: "reset, retry or ignore" })
  .default("reset");

const CORRELATIONS = "none, order, topic, properties, or { payload: the name of a JSON property }";

export const requestSettings = z
  .strictObject({
    topic: topicName,
    payload: messagePayload.default(""),
    qos: qos.default(0),
    responseTopic: text,
    rejectedTopic: text.optional(),
    /** Filters to subscribe to; by default the response topics, `+` in place of the request's id. */
    listen: topics.optional(),
    correlation: z
      .union(
        [
          z.enum(["none", "order", "topic", "properties"]),
          describeKeys(z.strictObject({ payload: text }), {
            payload: "The property of the JSON answer that is the {{ requestId }} of the question.",
          }),
        ],
        {
          error: CORRELATIONS,
        },
      )
      .optional(),
    timeout: durationMs.default(5000),
    onTimeout,
    /** Ask only until the first answer: the device keeps its configuration. */
    cache: boolean.default(false),
    capture: z
      .union([captureSpec, z.array(captureSpec)], { error: "a capture or a list of them" })
      .optional(),
    match: z.union([captureSpec, z.array(captureSpec)], { error: "a match or a list of them" }).optional(),
  })
  .superRefine(({ correlation, responseTopic, payload: body }, context) => {
    const needs = (key: string, where: unknown, message: string): void => {
      if (!referencedNames(where).includes("requestId"))
        context.addIssue({ code: "custom", path: [key], message });
    };
    if (correlation === "topic") {
      needs("responseTopic", responseTopic, "a topic that holds {{ requestId }}, with the correlation topic");
    }
    if (typeof correlation === "object") {
      const message = `a payload whose ${correlation.payload} is {{ requestId }}, which the answer carries back`;
      needs("payload", body, message);
    }
  });

describeKeys(requestSettings, {
  topic: "Where the question goes; may hold {{ requestId }}.",
  payload: "The question; empty unless given.",
  qos: "The QoS of the question: 0 (unless given), 1 or 2.",
  responseTopic: "Where the answer comes; may hold {{ requestId }} and wildcards.",
  rejectedTopic: "Where a refusal comes.",
  listen: "Filters to subscribe to before asking; the response topics unless given.",
  correlation:
    "How an answer is told from that to an earlier request: topic, properties, order, none, or { payload: NAME }.",
  timeout: "How long an answer is waited for; 5s unless given.",
  onTimeout:
    "Without an answer: reset gives the connection up (unless given), retry asks again, ignore goes on.",
  cache: "Ask only until the first answer: the device keeps its configuration. false unless given.",
  capture: "Artillery's capture: what of the answer becomes a variable; one or a list of them.",
  match: "Artillery's match: what the answer must hold; one or a list of them.",
});

export type RequestSettings = z.output<typeof requestSettings>;

/**
 * Asks for configuration and waits for the answer. `{{ requestId }}` is a number unique within the device, for topics
 * that carry it (Azure IoT's `$rid`, ThingsBoard).
 */
export const request = defineStep({
  name: "request",
  places: ["flow", "onConnect", "onMessage"],
  schema: describeKeys(z.strictObject({ request: requestSettings }), {
    request: "Asks for configuration over MQTT, and waits for the answer.",
  }),
  defines: (raw) => captureNames(raw["request"]),
  locals: () => ["requestId"],
  operation: (spec, compiler) => operationOf(compileRequest(spec.request, compiler)),
});

export function captureNames(raw: unknown): string[] {
  const capture = (raw as { capture?: unknown } | null)?.capture;
  return [capture].flat().flatMap((spec) => {
    const as = (spec as { as?: unknown } | null | undefined)?.as;
    return typeof as === "string" ? [as] : [];
  });
}

function correlationOf({ correlation, responseTopic }: RequestSettings): Correlation {
  return correlation ?? (referencedNames(responseTopic).includes("requestId") ? "topic" : "none");
}

/** A request whose answer cannot be told from that to an earlier one, among these steps and theirs. */
export function cannotTellAnswers(steps: readonly ParsedStep[]): boolean {
  return steps.some(({ spec, children }) => {
    const { request, refresh } = spec as {
      request?: RequestSettings;
      refresh?: { request: RequestSettings };
    };
    const settings = request ?? refresh?.request;
    return (settings !== undefined && correlationOf(settings) === "none") || children.some(cannotTellAnswers);
  });
}

/** Compiles the settings once, for all devices. */
export function compileRequest(spec: RequestSettings, compiler: Compiler): Question {
  const correlation = correlationOf(spec);
  const topic = compileTextTemplate(spec.topic);
  const body = compilePayload(spec.payload);
  const responseTopic = compileTextTemplate(spec.responseTopic);
  const rejectedTopic = spec.rejectedTopic === undefined ? null : compileTextTemplate(spec.rejectedTopic);
  const listen = listenTemplates(spec).map(compileTextTemplate);
  const qosOf = compileSetting(spec.qos, qosLevel, "request.qos");
  return {
    ...answerRules(spec, compiler),
    ask: guardedAsk((device, asker) => {
      const context = contextOf(device);
      const requestId = device.nextRequestId();
      context.vars["requestId"] = requestId;
      const payload = body(context);
      if (payload === null) return "invalid_payload";
      const call: RequestCall = {
        topic: topic(context),
        payload,
        qos: qosOf(context),
        responseTopic: responseTopic(context),
        rejectedTopic: rejectedTopic === null ? null : rejectedTopic(context),
        listen: listen.map((template) => template(context)),
        correlation,
        requestId,
        timeoutMs: spec.timeout,
        asker,
      };
      // MQTT 5 carries the response topic as a topic name: [MQTT-3.3.2-14].
      const named = correlation === "properties" ? [call.topic, call.responseTopic] : [call.topic];
      for (const name of named) {
        const problem = topicProblem(name);
        if (problem !== null) return unusable(compiler, "invalid_topic", "topic", name, problem);
      }
      for (const filter of call.listen) {
        const problem = filterProblem(filter);
        if (problem !== null) return unusable(compiler, "invalid_topic", "listen", filter, problem);
      }
      device.exchange.request(call);
      return null;
    }, compiler),
  };
}

/** What every question of a script has: whether it is asked again, and what becomes of its answer. */
export function answerRules(
  spec: Pick<RequestSettings, "timeout" | "onTimeout" | "cache" | "capture" | "match">,
  compiler: Compiler,
): Omit<Question, "ask"> {
  const capture = captureOf(spec);
  const answered = spec.cache ? new WeakSet<Device>() : null;
  return {
    timeoutMs: spec.timeout,
    withoutAnswer: spec.onTimeout,
    longestRetryAfterMs: 0,
    isAnswered: (device) => answered?.has(device) ?? false,
    take(device, answer, waiter) {
      answered?.add(device);
      if (capture === null) device.env.port.turns.settle(waiter, null);
      else captureInto(device, compiler, capture, answer, waiter);
    },
  };
}

/** The filters to subscribe to before asking. */
export function listenTemplates(
  spec: Pick<RequestSettings, "listen" | "responseTopic" | "rejectedTopic">,
): string[] {
  if (spec.listen !== undefined) return [spec.listen].flat();
  const derived = [spec.responseTopic, spec.rejectedTopic ?? []].flat();
  return derived.map((template) =>
    template.replace(/\{\{\{\s*requestId\s*\}\}\}|\{\{\s*requestId\s*\}\}/g, "+"),
  );
}

export interface CaptureSpec {
  capture: Record<string, unknown>[];
  match: Record<string, unknown>[];
}

export function captureOf(spec: Pick<RequestSettings, "capture" | "match">): CaptureSpec | null {
  if (spec.capture === undefined && spec.match === undefined) return null;
  return { capture: [spec.capture ?? []].flat(), match: [spec.match ?? []].flat() };
}

/** Captures into the virtual user's variables with Artillery's own helper. */
export function captureInto(
  device: Device,
  compiler: Pick<Compiler, "helpers" | "place">,
  spec: CaptureSpec,
  answer: string,
  waiter: Waiter,
): void {
  const context = contextOf(device);
  const { generation } = device;
  compiler.helpers.captureOrMatch({ ...spec }, { body: answer }, context, (error, result) => {
    const failure = error ? "capture_failed" : applyCaptures(context, result);
    // A flow has its answer, whatever has become of the connection since; a program ends with its connection.
    if (endsWithConnection(compiler.place)) device.settleLate(generation, waiter, failure);
    else device.env.port.turns.settle(waiter, failure);
  });
}

function applyCaptures(context: VuContext, result: CaptureResult | null): string | null {
  if (result === null) return null;
  for (const [name, capture] of Object.entries(result.captures)) {
    if (capture.failed) return "capture_failed";
    context.vars[name] = capture.value;
  }
  for (const match of Object.values(result.matches)) {
    if (match.success === false) return "match_failed";
  }
  return null;
}
