import type { Json } from "./written-form.ts";

/**
 * Artillery's own part of a script, as far as scripts of this engine use it: what each key means. Artillery says what is allowed, and
 * any other key of its own stays allowed. https://www.artillery.io/docs/reference/test-script
 */

const NUMBER: Json = { type: ["number", "string", "null"] };
const TEXT: Json = { type: ["string", "null"] };

const PHASE: Readonly<Record<string, Json>> = {
  name: { ...TEXT, description: "The name of the phase." },
  duration: { ...NUMBER, description: "How long the phase lasts: a duration, or a number of seconds." },
  arrivalRate: { ...NUMBER, description: "Devices that arrive per second." },
  arrivalCount: { ...NUMBER, description: "Devices that arrive in all, spread over the phase." },
  rampTo: { ...NUMBER, description: "The arrival rate per second at the end of the phase." },
  maxVusers: { ...NUMBER, description: "The most devices at a time." },
  pause: { ...NUMBER, description: "Nobody arrives for this time: a duration, or a number of seconds." },
};

export const CONFIG: Readonly<Record<string, Json>> = {
  target: {
    ...TEXT,
    description:
      "The broker: mqtt://, mqtts://, ws:// or wss:// with host and port, or lab for the embedded one.",
  },
  phases: {
    type: ["array", "string", "null"],
    items: { type: ["object", "null"], properties: PHASE },
    description: "When devices arrive, phase by phase.",
  },
  variables: {
    type: ["object", "null"],
    description: "Variables by name, each with its value or a list of values.",
  },
  payload: {
    type: ["object", "array", "null"],
    description: "CSV files whose rows become variables of devices.",
  },
  processor: {
    ...TEXT,
    description: "The path of a .js, .mjs or .ts file whose functions the script calls.",
  },
  tls: {
    type: ["object", "null"],
    description: "Artillery's own TLS settings.",
    properties: {
      rejectUnauthorized: {
        type: ["boolean", "string", "null"],
        description: "false: certificates are not verified, as engines.mqtt.tls.insecure.",
      },
    },
  },
  engine: { ...TEXT, description: "The engine of scenarios that name none." },
  statsInterval: { ...NUMBER, description: "Seconds between two reports of Artillery's own." },
};
