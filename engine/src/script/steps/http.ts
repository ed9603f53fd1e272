import { z } from "zod";
import type { VuContext } from "../../artillery.ts";
import { operationOf, type Question } from "../../device/question.ts";
import type { OutsideAnswer } from "../../device/session/outside-calls.ts";
import type { HttpCall, HttpOutcome } from "../../transport/http-client.ts";
import { asPayload } from "../payload.ts";
import { guardedAsk } from "../run-operation.ts";
import { anyText, boolean, numeric } from "../scalars.ts";
import { compileTemplate, compileTextTemplate, parseTemplate } from "../template.ts";
import { describeKeys } from "../written-as.ts";
import { answerRules, captureNames, captureSpec, onTimeout } from "./request.ts";
import {
  type Compiler,
  contextOf,
  defineStep,
  durationMs,
  type ParsedStep,
  payload,
  text,
  unusable,
} from "./step.ts";

const URL_PROBLEM = "is no http or https URL without user name and password";
const URL_ALLOWED = "an http:// or https:// URL without user name and password";

/** What can be known of a URL before its variables have values. */
const url = text.refine(
  (value) => {
    const [first] = parseTemplate(value);
    if (typeof first !== "string") return true;
    if (!/^https?:\/\//i.test(value) || /^https?:\/\/[^/?#]*@/i.test(value)) return false;
    return value.includes("{{") || URL.canParse(value);
  },
  { error: URL_ALLOWED },
);

/** RFC 9110, section 5.6.2. */
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: "the name of a header, such as x-device" });

const headers = z.record(headerName, z.union([z.string(), z.number()], { error: "text" }), {
  error: "headers by name",
});

const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** The longest that a server is left alone, milliseconds; 0 for ignore. */
const retryAfter = z
  .union(
    [
      z.literal("ignore"),
      z.literal("honour"),
      describeKeys(
        z.strictObject({ atMost: durationMs.refine((ms) => ms > 0, { error: "a duration above 0" }) }),
        { atMost: "The longest that a server is left alone." },
      ),
    ],
    { error: "ignore, honour (1h at most), or { atMost: a duration }" },
  )
  .default("ignore")
  .transform((value): number => {
    if (typeof value === "object") return value.atMost;
    return value === "honour" ? LONGEST_RETRY_AFTER_MS : 0;
  });

export const httpSettings = z
  .strictObject({
    get: url.optional(),
    post: url.optional(),
    headers: headers.default({}),
    body: anyText.optional(),
    json: payload.optional(),
    timeout: durationMs.default(5000),
    onTimeout,
    /** What becomes of Retry-After in an answer that is none. */
    retryAfter,
    /** Ask only until the first answer: the device keeps its configuration. */
    cache: boolean.default(false),
    maxBodySize: numeric(z.int({ error: "a number of bytes" }).min(1, { error: "at least 1 byte" })).default(
      1_048_576,
    ),
    capture: z
      .union([captureSpec, z.array(captureSpec)], { error: "a capture or a list of them" })
      .optional(),
    match: z.union([captureSpec, z.array(captureSpec)], { error: "a match or a list of them" }).optional(),
  })
  .superRefine((value, context) => {
    const refuse = (key: string, message: string): void => {
      context.addIssue({ code: "custom", path: [key], message });
    };
    if (value.retryAfter > 0 && value.onTimeout === "ignore")
      refuse("retryAfter", "nothing with onTimeout: ignore, which does not ask again");
    if (value.get === undefined && value.post === undefined) refuse("get", `${URL_ALLOWED}, or post`);
    if (value.get !== undefined && value.post !== undefined) refuse("post", "nothing beside get");
    if (value.post === undefined && value.body !== undefined) refuse("body", "nothing without post");
    if (value.post === undefined && value.json !== undefined) refuse("json", "nothing without post");
    if (value.body !== undefined && value.json !== undefined) refuse("json", "nothing beside body");
  });

describeKeys(httpSettings, {
  get: "The URL to GET; a template.",
  post: "The URL to POST to; a template.",
  headers: "Headers by name; values are templates.",
  body: "The text to post; a template.",
  json: "What is posted as JSON; its texts are templates.",
  timeout: "How long an answer is waited for; 5s unless given.",
  onTimeout:
    "Without an answer: reset gives the connection up (unless given), retry asks again, ignore goes on.",
  retryAfter:
    "Whether Retry-After of a refusal is honoured: ignore (unless given), honour (1h at most), or { atMost }.",
  cache: "Ask only until the first answer: the device keeps its configuration. false unless given.",
  maxBodySize: "The longest body that is taken, in bytes; 1048576 unless given.",
  capture: "Artillery's capture: what of the answer becomes a variable; one or a list of them.",
  match: "Artillery's match: what the answer must hold; one or a list of them.",
});

export type HttpSettings = z.output<typeof httpSettings>;

/**
 * Asks a back end over HTTP and waits for the answer: `request` for firmware that fetches its configuration by HTTPS, with
 * the same rules and the same metrics. The call belongs to the MQTT connection in which it was begun, and ends with it.
 */
export const http = defineStep({
  name: "http",
  places: ["flow", "onConnect", "onMessage"],
  schema: describeKeys(z.strictObject({ http: httpSettings }), {
    http: "Asks a back end over HTTP or HTTPS, and waits for the answer.",
  }),
  defines: (raw) => captureNames(raw["http"]),
  locals: () => ["requestId"],
  operation: (spec, compiler) => operationOf(compileHttp(spec.http, compiler)),
});

/** Compiles the settings once, for all devices. */
export function compileHttp(spec: HttpSettings, compiler: Compiler): Question {
  const method = spec.post === undefined ? "GET" : "POST";
  const address = compileTextTemplate(spec.post ?? spec.get ?? "");
  const headerTemplates = Object.entries(spec.headers).map(
    ([name, value]) => [name.toLowerCase(), compileTextTemplate(String(value))] as const,
  );
  const hasType = headerTemplates.some(([name]) => name === "content-type");
  const body = bodyOf(spec);
  const { http: client } = compiler;
  if (client === null) throw new Error("there is no HTTP here");
  return {
    ...answerRules(spec, compiler),
    longestRetryAfterMs: spec.retryAfter,
    ask: guardedAsk((device, asker) => {
      const context = contextOf(device);
      context.vars["requestId"] = device.nextRequestId();
      const where = address(context);
      const target = parseUrl(where);
      if (target === null) return unusable(compiler, "invalid_url", method.toLowerCase(), where, URL_PROBLEM);
      const call: HttpCall = {
        method,
        url: target,
        headers: Object.fromEntries(headerTemplates.map(([name, value]) => [name, value(context)])),
        body: body === null ? null : body(context),
        maxBodyBytes: spec.maxBodySize,
      };
      if (spec.json !== undefined && !hasType) call.headers["content-type"] = "application/json";
      device.exchange.ask({
        timeoutMs: spec.timeout,
        start: (answered) => client.send(call, (outcome) => answered(answerOf(outcome))),
        asker,
      });
      return null;
    }, compiler),
  };
}

function bodyOf(spec: HttpSettings): ((context: VuContext) => string) | null {
  if (spec.post === undefined) return null;
  if (spec.json === undefined) return compileTextTemplate(spec.body ?? "");
  const value = compileTemplate(spec.json);
  // A text is JSON already, whole or by its variables.
  return (context) => asPayload(value(context)).toString();
}

/** Null for what is no http or https URL, now that its variables have values. */
function parseUrl(value: string): URL | null {
  if (!URL.canParse(value)) return null;
  const parsed = new URL(value);
  const isHttp = parsed.protocol === "http:" || parsed.protocol === "https:";
  return isHttp && parsed.username === "" && parsed.password === "" ? parsed : null;
}

/** 2xx and 304 are answers. Redirections are not followed: they, 4xx and 5xx are refusals. RFC 9110, section 15. */
export function answerOf(outcome: HttpOutcome): OutsideAnswer {
  if ("failure" in outcome) return { kind: "failed", name: outcome.failure };
  const { status, body, retryAfterMs } = outcome;
  if ((status >= 200 && status < 300) || status === 304) return { kind: "answer", body };
  return {
    kind: "rejected",
    name: refusalOf(status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function refusalOf(status: number): string {
  if (status === 429 || status === 503) return `http_${status}`;
  if (status < 400) return "http_redirect";
  return status < 500 ? "http_4xx" : "http_5xx";
}

/** The longest that any of the steps, or of theirs, leaves its server alone; 0 where none does. */
export function longestRetryAfterMs(steps: readonly ParsedStep[]): number {
  return steps.reduce((longest, { definition, spec, children }) => {
    const own = definition === http ? (spec as { http: HttpSettings }).http.retryAfter : 0;
    return Math.max(longest, own, longestRetryAfterMs(children.flat()));
  }, 0);
}

/** Whether any of the steps, or of theirs, is one. */
export function usesHttp(steps: readonly ParsedStep[]): boolean {
  return steps.some(({ definition, children }) => definition === http || children.some(usesHttp));
}
