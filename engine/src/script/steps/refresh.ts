import { z } from "zod";
import { operationOf } from "../../device/question.ts";
import { SCRIPT_FAILURES } from "../../device/script-failures.ts";
import { describeKeys } from "../written-as.ts";
import { captureNames, compileRequest, requestSettings } from "./request.ts";
import { defineStep, deviceOf, durationMs } from "./step.ts";

/** Failures that nobody else counts: the device keeps what it has. */
const TOLD: ReadonlySet<string> = new Set([...SCRIPT_FAILURES, "capture_failed", "match_failed"]);

/**
 * Asks for configuration again and again beside the rest of the flow, the way firmware refreshes a cache: first after
 * uniform(0, every), then every `every` ± uniform(0, jitter). A device that is not ready keeps what it has.
 */
export const refresh = defineStep({
  name: "refresh",
  places: ["flow"],
  schema: describeKeys(
    z.strictObject({
      refresh: describeKeys(
        z.strictObject({
          every: durationMs,
          jitter: durationMs.default(0),
          request: requestSettings,
        }),
        {
          every: "The interval.",
          jitter: "By how much intervals vary to either side; 0 unless given.",
          request: "What is asked.",
        },
      ),
    }),
    { refresh: "Asks for configuration again and again, beside the rest of the flow." },
  ),
  defines: (raw) => captureNames((raw["refresh"] as { request?: unknown } | null)?.request),
  locals: () => ["requestId"],
  compile(spec, compiler) {
    const { every, jitter } = spec.refresh;
    const asking = operationOf(compileRequest(spec.refresh.request, compiler));
    return (context, callback) => {
      const device = deviceOf(context);
      const nextDelayMs = (): number => Math.max(0, every + (2 * device.random() - 1) * jitter);
      compiler.fleet.repeat(
        device,
        nextDelayMs,
        (done) => {
          if (device.state !== "ready") {
            done();
            return;
          }
          asking.begin(device, {
            settled(failure) {
              if (failure !== null && TOLD.has(failure)) compiler.countError(failure);
              done();
            },
          });
        },
        device.random() * every,
      );
      callback(null, context);
    };
  },
});
