/**
 * The pairs of the accuracy study: each is one script, run once by `artillery run` and once in virtual time. They were listed, with
 * what each is to try, before any of them was run, and the model was fitted to none of them.
 */

/** What answers: the lab's own broker, or a Mosquitto on this machine; the config service is the lab's in both. */
export type PairBroker = "lab" | "mosquitto";

export interface Pair {
  name: string;
  /** What this pair is to try, as one sentence. */
  why: string;
  broker: PairBroker;
  script: { kind: "own"; spec: StormSpec } | { kind: "scenario"; path: string };
}

/** One fleet, one storm. Times are as a script has them. */
export interface StormSpec {
  /** A whole multiple of `arriveInS`. */
  devices: number;
  /** Long enough that the back end answers all of them as they come: the fleet stands before its storm. */
  arriveInS: number;
  reconnect: Record<string, string>;
  fraction: number;
  cause: "reset" | "close" | "silent";
  window: string;
  keepalive?: string;
  configService: { capacity: number; queueLimit: number; scaleUp?: { after: string; to: number } };
  /** How a device asks for its configuration before it subscribes; `none` only subscribes. */
  ask: "mqtt" | "http" | "none";
  timeout: string;
}

/** So long after the last arrival the fleet stands before its storm. */
const CALM_S = 2;

function own(name: string, broker: PairBroker, why: string, spec: StormSpec): Pair {
  return { name, broker, why, script: { kind: "own", spec } };
}

function scenario(name: string, why: string): Pair {
  return {
    name: `scenario:${name}`,
    broker: "lab",
    why,
    script: { kind: "scenario", path: `scenarios/${name}.yml` },
  };
}

export const PAIRS: readonly Pair[] = [
  own(
    "lab-full-jitter-500",
    "lab",
    "A small fleet that full jitter spreads: the draws decide, hardly the queue.",
    {
      devices: 500,
      arriveInS: 2,
      reconnect: { policy: "full-jitter", base: "2s", cap: "30s" },
      fraction: 1,
      cause: "reset",
      window: "10s",
      configService: { capacity: 500, queueLimit: 10_000 },
      ask: "mqtt",
      timeout: "5s",
    },
  ),
  own(
    "lab-quarter-2000",
    "lab",
    "A quarter of the fleet asks a back end that needs longer than the jitter.",
    {
      devices: 2000,
      arriveInS: 10,
      reconnect: { policy: "full-jitter", base: "1s", cap: "30s" },
      fraction: 0.25,
      cause: "reset",
      window: "10s",
      configService: { capacity: 250, queueLimit: 10_000 },
      ask: "mqtt",
      timeout: "5s",
    },
  ),
  own(
    "lab-immediate-1000",
    "lab",
    "Everybody at one instant, and a back end that is fast enough: its queue alone.",
    {
      devices: 1000,
      arriveInS: 2,
      reconnect: { policy: "immediate" },
      fraction: 1,
      cause: "reset",
      window: "8s",
      configService: { capacity: 1000, queueLimit: 10_000 },
      ask: "mqtt",
      timeout: "5s",
    },
  ),
  own(
    "lab-immediate-spiral",
    "lab",
    "Everybody at one instant, and a back end that is too small: a spiral.",
    {
      devices: 600,
      arriveInS: 8,
      reconnect: { policy: "immediate" },
      fraction: 1,
      cause: "reset",
      window: "20s",
      configService: { capacity: 100, queueLimit: 100_000 },
      ask: "mqtt",
      timeout: "2s",
    },
  ),
  own(
    "lab-immediate-quarter",
    "lab",
    "The fleet of the spiral loses a quarter, which is just what it survives.",
    {
      devices: 600,
      arriveInS: 8,
      reconnect: { policy: "immediate" },
      fraction: 0.25,
      cause: "reset",
      window: "10s",
      configService: { capacity: 100, queueLimit: 100_000 },
      ask: "mqtt",
      timeout: "2s",
    },
  ),
  own(
    "lab-exponential-1000",
    "lab",
    "Exponential waits without jitter: waves, each of those whom the last left.",
    {
      devices: 1000,
      arriveInS: 8,
      reconnect: { policy: "exponential", base: "1s", cap: "16s" },
      fraction: 1,
      cause: "reset",
      window: "25s",
      configService: { capacity: 200, queueLimit: 10_000 },
      ask: "mqtt",
      timeout: "3s",
    },
  ),
  own("lab-equal-jitter-2000", "lab", "Equal jitter, half of a larger fleet, closed politely.", {
    devices: 2000,
    arriveInS: 8,
    reconnect: { policy: "equal-jitter", base: "2s", cap: "20s" },
    fraction: 0.5,
    cause: "close",
    window: "12s",
    configService: { capacity: 300, queueLimit: 10_000 },
    ask: "mqtt",
    timeout: "5s",
  }),
  own("lab-decorrelated-1000", "lab", "Decorrelated jitter against a small back end, with retries.", {
    devices: 1000,
    arriveInS: 8,
    reconnect: { policy: "decorrelated-jitter", base: "500ms", cap: "10s" },
    fraction: 1,
    cause: "reset",
    window: "25s",
    configService: { capacity: 200, queueLimit: 100_000 },
    ask: "mqtt",
    timeout: "2s",
  }),
  own("lab-short-queue-1500", "lab", "A fixed wait, and a queue so short that most requests are dropped.", {
    devices: 1500,
    arriveInS: 5,
    reconnect: { policy: "fixed", base: "3s" },
    fraction: 1,
    cause: "reset",
    window: "20s",
    configService: { capacity: 400, queueLimit: 500 },
    ask: "mqtt",
    timeout: "3s",
  }),
  own("lab-scale-up-1000", "lab", "A back end that scales up under load, while devices back off.", {
    devices: 1000,
    arriveInS: 5,
    reconnect: { policy: "full-jitter", base: "1s", cap: "10s" },
    fraction: 1,
    cause: "reset",
    window: "25s",
    configService: { capacity: 250, queueLimit: 100_000, scaleUp: { after: "4s", to: 800 } },
    ask: "mqtt",
    timeout: "2s",
  }),
  own("lab-http-800", "lab", "The configuration over HTTP, each on a connection of its own.", {
    devices: 800,
    arriveInS: 8,
    reconnect: { policy: "uniform", window: "4s" },
    fraction: 0.75,
    cause: "reset",
    window: "12s",
    configService: { capacity: 150, queueLimit: 10_000 },
    ask: "http",
    timeout: "5s",
  }),
  own("lab-silent-1000", "lab", "Connections die silently: the keepalive decides when devices notice.", {
    devices: 1000,
    arriveInS: 4,
    reconnect: { policy: "full-jitter", base: "1s", cap: "30s" },
    fraction: 0.5,
    cause: "silent",
    window: "20s",
    keepalive: "5s",
    configService: { capacity: 300, queueLimit: 10_000 },
    ask: "mqtt",
    timeout: "5s",
  }),
  own("mosquitto-full-jitter-4000", "mosquitto", "A larger fleet on Mosquitto, spread by full jitter.", {
    devices: 4000,
    arriveInS: 8,
    reconnect: { policy: "full-jitter", base: "5s", cap: "30s" },
    fraction: 1,
    cause: "reset",
    window: "15s",
    configService: { capacity: 1000, queueLimit: 10_000 },
    ask: "mqtt",
    timeout: "5s",
  }),
  own(
    "mosquitto-half-8000",
    "mosquitto",
    "The largest fleet, half of it lost, at what two cores can generate.",
    {
      devices: 8000,
      arriveInS: 10,
      reconnect: { policy: "full-jitter", base: "8s", cap: "60s" },
      fraction: 0.5,
      cause: "reset",
      window: "15s",
      configService: { capacity: 1000, queueLimit: 10_000 },
      ask: "mqtt",
      timeout: "5s",
    },
  ),
  own(
    "mosquitto-immediate-2000",
    "mosquitto",
    "At once and too much for the back end: a spiral on another broker.",
    {
      devices: 2000,
      arriveInS: 8,
      reconnect: { policy: "immediate" },
      fraction: 1,
      cause: "reset",
      window: "18s",
      configService: { capacity: 400, queueLimit: 100_000 },
      ask: "mqtt",
      timeout: "2s",
    },
  ),
  own(
    "mosquitto-subscribe-3000",
    "mosquitto",
    "No back end: what Mosquitto and the generator themselves take.",
    {
      devices: 3000,
      arriveInS: 6,
      reconnect: { policy: "equal-jitter", base: "3s", cap: "20s" },
      fraction: 1,
      cause: "reset",
      window: "10s",
      configService: { capacity: 1000, queueLimit: 10_000 },
      ask: "none",
      timeout: "5s",
    },
  ),
  scenario("spiral", "The scenario that users run first to see a spiral."),
  scenario("cached-config", "Its cure: caches, refreshes at jittered times."),
  scenario("region-failover", "Regions are lost and devices fail over: two storms."),
  scenario("tls-resumption", "Full and resumed handshakes side by side."),
];

/** Mosquitto 2.0 listens with a backlog of 100 (its src/net.c): that is known of it, and fitted to nothing. */
const KNOWN_OF: Record<PairBroker, object> = {
  lab: {},
  mosquitto: { forecast: { broker: { acceptQueue: 100 } } },
};

/** The script of a pair that has its own; whoever runs it gives the target. */
export function scriptOf(spec: StormSpec, broker: PairBroker): object {
  const { devices, arriveInS, reconnect, fraction, cause, window, keepalive = "60s", configService } = spec;
  return {
    config: {
      target: "lab",
      phases: [{ duration: arriveInS, arrivalRate: devices / arriveInS }],
      engines: {
        mqtt: {
          keepalive,
          connectTimeout: "10s",
          reconnect,
          storms: [{ at: `${arriveInS + CALM_S}s`, fraction, cause, window }],
          seed: 42,
          configService,
          ...KNOWN_OF[broker],
        },
      },
      plugins: { "mqtt-results": {} },
    },
    before: { engine: "mqtt", flow: [{ lab: {} }] },
    scenarios: [
      {
        name: "devices",
        engine: "mqtt",
        onConnect: [...ASKING[spec.ask](spec.timeout), SUBSCRIBE[spec.ask]],
        flow: [{ connect: {} }, { stayOnline: {} }],
      },
    ],
  };
}

const CAPTURE = { json: "$.topics", as: "topics" };

const ASKING: Record<StormSpec["ask"], (timeout: string) => object[]> = {
  mqtt: (timeout) => [
    {
      request: {
        topic: "config/{{ deviceId }}/get/{{ requestId }}",
        responseTopic: "config/{{ deviceId }}/{{ requestId }}",
        timeout,
        onTimeout: "reset",
        capture: CAPTURE,
      },
    },
  ],
  http: (timeout) => [
    {
      http: {
        get: "{{ $mqttLab.http }}/config/{{ deviceId }}/get",
        timeout,
        onTimeout: "reset",
        capture: CAPTURE,
      },
    },
  ],
  none: () => [],
};

const SUBSCRIBE: Record<StormSpec["ask"], object> = {
  mqtt: { subscribe: { topics: "{{ topics }}", qos: 1 } },
  http: { subscribe: { topics: "{{ topics }}", qos: 1 } },
  none: { subscribe: { topics: "commands/{{ deviceId }}", qos: 1 } },
};
