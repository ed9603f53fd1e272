import type { PairBroker, StormSpec } from "./pair.ts";

/** So long after the last arrival the fleet stands before its storm. */
const CALM_S = 2;

/** Mosquitto 2.0 listens with a backlog of 100 (its src/net.c); the others are what `--costs` measured, connections with nobody else's. */
const MOSQUITTO = {
  acceptQueue: 100,
  connects: 38_000,
  subscribes: 97_000,
  messages: 85_000,
  closes: 128_000,
};

/** One worker of this engine: the processor time of a connection in a storm, 99 us (`npm run bench:peers`, benchmarks/README.md). */
const GENERATOR = { connects: 10_000 };

/** What is known of either side without any of these runs. A real run reads none of it. */
const KNOWN_OF: Record<PairBroker, object> = {
  lab: { forecast: { generator: GENERATOR } },
  mosquitto: { forecast: { generator: GENERATOR, broker: MOSQUITTO } },
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
