import { z } from "zod";
import type { TelemetryPlan } from "../device/telemetry.ts";
import { parseDuration } from "../duration.ts";
import { failureOf } from "./run-operation.ts";
import { integer } from "./scalars.ts";
import { asError } from "./script-error.ts";
import { compilePublication, PUBLICATION_DESCRIPTIONS, publicationShape } from "./steps/publish.ts";
import { type Compiler, positiveDuration } from "./steps/step.ts";
import { describeKeys } from "./written-as.ts";

/** Publications in the background: the scenario's key `telemetry`. */

const JITTER_ALLOWED = 'a duration, or a share of the interval such as "20 %", up to 100 %';
const OFFLINE_ALLOWED = "drop, queue, or { queue: how many publications }";
const QUEUE_ALLOWED = "a number of publications from 1 to 10000";

/** Publications that a device keeps where the script says `queue` and no number. */
const DEFAULT_QUEUE = 100;

const jitter = z
  .union([z.string(), z.number()], { error: JITTER_ALLOWED })
  .refine((value) => jitterMs(value, 0) !== null, { error: JITTER_ALLOWED });

const offline = z.union(
  [
    z.enum(["drop", "queue"]),
    describeKeys(z.strictObject({ queue: integer(1, 10_000, QUEUE_ALLOWED) }), {
      queue: "Publications that a device keeps, 1 to 10000.",
    }),
  ],
  { error: OFFLINE_ALLOWED },
);

const entry = z
  .strictObject({
    every: positiveDuration,
    jitter: jitter.default(0),
    ...publicationShape,
    /** What becomes of publications while the device is not ready. */
    offline: offline.default("drop"),
  })
  .superRefine(({ every, jitter: beside }, context) => {
    if ((jitterMs(beside, every) ?? 0) <= every) return;
    context.addIssue({ code: "custom", path: ["jitter"], message: "at most the interval itself (every)" });
  });

describeKeys(entry, {
  every: "The interval between two publications of a device.",
  jitter: 'By how much intervals vary to either side: a duration, or a share such as "20 %"; 0 unless given.',
  ...PUBLICATION_DESCRIPTIONS,
  offline:
    "What becomes of publications while the device is not ready: drop (unless given), queue (100 of them), or { queue: NUMBER }.",
});

export type TelemetrySpec = z.output<typeof entry>;

export const telemetry = z.union(
  [entry, z.array(entry).min(1, { error: "a list of at least one publication" })],
  {
    error: "a publication { every, jitter, topic, payload, qos, retain, offline }, or a list of them",
  },
);

/** Compiled once, for all devices of a cohort. */
export function compileTelemetry(
  spec: TelemetrySpec,
  compiler: Pick<Compiler, "tellError" | "where">,
): TelemetryPlan {
  const render = compilePublication(spec, compiler, "telemetry");
  return {
    everyMs: spec.every,
    jitterMs: jitterMs(spec.jitter, spec.every) ?? 0,
    queue: queueOf(spec),
    publication(device) {
      try {
        return render(device);
      } catch (thrown) {
        return failureOf(asError(thrown), compiler);
      }
    },
  };
}

function queueOf({ offline: kept }: TelemetrySpec): number {
  if (kept === "drop") return 0;
  return kept === "queue" ? DEFAULT_QUEUE : kept.queue;
}

/** Milliseconds to either side of the interval; null for what is neither a duration nor a share. */
function jitterMs(value: string | number, everyMs: number): number | null {
  const share = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(String(value));
  if (share === null) return parseDuration(value);
  return Number(share[1]) > 100 ? null : (everyMs * Number(share[1])) / 100;
}
