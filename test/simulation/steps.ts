import { STEPS } from "../../engine/src/script/steps/index.ts";
import type { ParsedStep, StepPlace } from "../../engine/src/script/steps/step.ts";

/** Steps of a script, read once: cases pick from them. */
function read(raw: Record<string, unknown>): ParsedStep {
  const definition = STEPS.find(({ name }) => name in raw);
  if (definition === undefined) throw new TypeError(`no step: ${JSON.stringify(raw)}`);
  return { path: [], definition, spec: definition.schema.parse(raw), children: [] };
}

/** Requests for configuration, with every way to tell answers apart and to go on without one. */
const REQUESTS = (["reset", "retry", "ignore"] as const).flatMap((onTimeout) =>
  [
    { topic: "ask/{{ deviceId }}/a", responseTopic: "answers/{{ deviceId }}/a" },
    {
      topic: "ask/{{ deviceId }}/b",
      responseTopic: "answers/{{ deviceId }}/b",
      correlation: "order",
      qos: 2,
    },
    {
      topic: "ask/{{ deviceId }}/c/{{ requestId }}",
      responseTopic: "answers/{{ deviceId }}/c/{{ requestId }}",
      rejectedTopic: "rejected/{{ deviceId }}/c/{{ requestId }}",
      qos: 1,
    },
    {
      topic: "ask/{{ deviceId }}/d",
      responseTopic: "answers/{{ deviceId }}/d",
      rejectedTopic: "rejected/{{ deviceId }}/d",
      payload: { id: "{{ requestId }}" },
      correlation: { payload: "id" },
      capture: { json: "$.id", as: "captured" },
    },
    { topic: "ask/{{ deviceId }}/e", responseTopic: "answers/{{ deviceId }}/e", cache: true, qos: 1 },
  ].map((request) => read({ request: { ...request, timeout: "1500ms", onTimeout } })),
);

/** MQTT 5 alone has properties. */
const REQUESTS_5 = (["reset", "retry", "ignore"] as const).map((onTimeout) =>
  read({
    request: {
      topic: "ask/{{ deviceId }}/f",
      responseTopic: "answers/{{ deviceId }}/f",
      correlation: "properties",
      timeout: "2s",
      onTimeout,
    },
  }),
);

const CALLS = (["reset", "retry", "ignore"] as const).flatMap((onTimeout) => [
  read({ http: { get: "http://back-end/{{ deviceId }}", timeout: "1200ms", onTimeout } }),
  read({
    http: {
      post: "http://back-end/",
      json: { a: 1 },
      timeout: "2s",
      onTimeout,
      capture: { json: "$.a", as: "captured" },
    },
  }),
]);

const SPEECH = [
  read({ subscribe: { topics: "commands/{{ deviceId }}", qos: 1 } }),
  read({ subscribe: { topics: ["news/all", "news/+"], qos: 2 } }),
  read({ unsubscribe: { topics: "news/all" } }),
  read({ publish: { topic: "status/{{ deviceId }}", payload: "on", qos: 0 } }),
  read({ publish: { topic: "status/{{ deviceId }}", payload: "on", qos: 1 } }),
  read({ publish: { topic: "status/{{ deviceId }}", payload: "on", qos: 2, retain: true } }),
];

/** What a script's own function does; see processor.ts. */
export const FUNCTIONS = ["atOnce", "late", "twice", "never", "fails", "throws", "meddles"] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

const CALLED = FUNCTIONS.map((name) => read({ function: name }));
const PAUSES = [read({ think: "200ms", jitter: "50%" }), read({ think: 3 })];

const ANYWHERE: readonly (readonly ParsedStep[])[] = [SPEECH, SPEECH, REQUESTS, CALLS, CALLED, PAUSES];
const IN_FLOW: readonly (readonly ParsedStep[])[] = [
  ...ANYWHERE,
  [
    read({ disconnect: {} }),
    read({ connect: {} }),
    read({ stayOnline: { for: "5s" } }),
    read({
      refresh: {
        every: "3s",
        jitter: "1s",
        request: { topic: "ask/{{ deviceId }}/g", responseTopic: "answers/{{ deviceId }}/g", timeout: "1s" },
      },
    }),
  ],
];

/** Steps that may stand at a place, in groups that are equally likely. */
export function stepsFor(
  place: Exclude<StepPlace, "hook">,
  version: 4 | 5,
): readonly (readonly ParsedStep[])[] {
  const groups = place === "flow" ? IN_FLOW : ANYWHERE;
  return version === 5 ? [...groups, REQUESTS_5] : groups;
}

/** How a flow begins. */
export const CONNECTS: readonly ParsedStep[] = [
  read({ connect: {} }),
  read({ connect: {} }),
  read({ connect: { beforeConnect: "late" } }),
  read({ connect: { beforeConnect: "fails", clientId: "{{ deviceId }}-x" } }),
];

/** How a flow waits for the storms; the last one outlasts the case. */
export const STAYS: readonly ParsedStep[] = [read({ stayOnline: {} }), read({ stayOnline: { for: "20m" } })];
