/** How often the bounds that a sample gives hold the fleet's own figure: samples of many seeds beside the forecast of all devices. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forecast } from "artillery-engine-mqtt/forecast";
import { mergeDirectories } from "../../results/src/directory/judged-runs.ts";

/** A fleet, by how it waits for its back end; rates are in shares of the fleet per second. */
interface Shape {
  reconnect: Record<string, unknown>;
  capacity: number;
  timeout: string;
}

export const SHAPES = {
  /** Nobody waits: devices are independent. */
  independent: { reconnect: { policy: "full-jitter", base: "10s" }, capacity: 2, timeout: "5s" },
  /** All wait in one queue. */
  queue: { reconnect: { policy: "full-jitter", base: "2s" }, capacity: 1 / 8, timeout: "30s" },
  /** As much comes as the back end can do. */
  "at its limit": { reconnect: { policy: "uniform", window: "10s" }, capacity: 1 / 9.5, timeout: "20s" },
  /** Answers come too late for many, which try again. */
  timeouts: { reconnect: { policy: "full-jitter", base: "2s", cap: "30s" }, capacity: 1 / 8, timeout: "2s" },
} satisfies Record<string, Shape>;

export type ShapeName = keyof typeof SHAPES;

export interface Coverage {
  figure: string;
  fleetMs: number;
  held: number;
  /** Samples that had bounds. */
  of: number;
  /** Mean half of the distance between both bounds. */
  marginMs: number;
}

const WINDOW = "90s";

function scriptOf({ reconnect, capacity, timeout }: Shape, devices: number): Parameters<typeof forecast>[0] {
  const topic = "config/{{ deviceId }}/{{ requestId }}";
  return {
    config: {
      target: "lab",
      phases: [{ duration: "20s", arrivalRate: 100 }],
      engines: {
        mqtt: {
          reconnect,
          storms: [{ at: "25s", fraction: 1, cause: "reset", window: WINDOW }],
          configService: { capacity: capacity * devices, queueLimit: 10 * devices },
          forecast: { broker: { connects: devices, subscribes: 4 * devices, messages: 4 * devices } },
        },
      },
    },
    before: { engine: "mqtt", flow: [{ lab: {} }] },
    scenarios: [
      {
        name: "asks",
        engine: "mqtt",
        onConnect: [
          {
            request: {
              topic: "config/{{ deviceId }}/get/{{ requestId }}",
              responseTopic: topic,
              timeout,
              onTimeout: "reset",
            },
          },
        ],
        flow: [{ connect: {} }, { stayOnline: {} }],
      },
    ],
  };
}

/**
 * @param fleet devices of the whole, and `sample` of each sample
 * @param seeds how many samples are taken
 */
export async function coverageOf(
  shape: Shape,
  fleet: number,
  sample: number,
  seeds: number,
): Promise<Coverage[]> {
  const script = scriptOf(shape, fleet);
  const summaryOf = async (seed: number, most?: number) => {
    const directory = mkdtempSync(join(tmpdir(), "coverage-"));
    try {
      await forecast(script, { directory, testRunId: "coverage", devices: fleet, seed, sample: most });
      return mergeDirectories([directory], {}).summary;
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
  const whole = (await summaryOf(1, fleet)).storms[0]?.readyMs;
  const own = [whole?.p50, whole?.p90, whole?.p99];
  const samples: Awaited<ReturnType<typeof summaryOf>>[] = [];
  for (let seed = 101; seed < 101 + seeds; seed++) samples.push(await summaryOf(seed, sample));
  return own.map((fleetMs, i): Coverage => {
    const bounds = samples.flatMap((summary) => summary.forecast?.sample?.errors[i] ?? []);
    const known = bounds.flatMap(({ fromMs, toMs }) =>
      fromMs === null || toMs === null ? [] : [{ fromMs, toMs }],
    );
    if (fleetMs === undefined || fleetMs === null)
      throw new Error("the fleet never came back: there is no figure");
    return {
      figure: bounds[0]?.figure ?? "",
      fleetMs,
      held: known.filter(({ fromMs, toMs }) => fromMs <= fleetMs && fleetMs <= toMs).length,
      of: known.length,
      marginMs: known.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / 2, 0) / known.length,
    };
  });
}

export function coverageLine(name: string, { figure, fleetMs, held, of, marginMs }: Coverage): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;
  return `${name}, ${figure}: ${seconds(fleetMs)}; held by ${held} of ${of} samples, ± ${seconds(marginMs)}`;
}
