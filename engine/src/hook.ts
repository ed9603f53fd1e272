import {
  type ArtilleryScript,
  abortRun,
  type Helpers,
  processorOf,
  type RunEvents,
  type Step,
} from "./artillery.ts";
import type { LabOptions } from "./lab/lab.ts";
import { compileSteps, series } from "./script/compile.ts";
import { renderProblems } from "./script/problem.ts";
import type { Compiler } from "./script/steps/step.ts";
import { credentialsOf } from "./script/target.ts";
import { type FleetPlan, validateHook } from "./script/validate.ts";
import { mqttTlsOptions } from "./transport/mqtt-tls-options.ts";
import { usesTls } from "./transport/open.ts";
import type { TlsMaterial } from "./transport/tls-material.ts";

/** A `before` or `after` hook, run once in the main thread. It has no device. */
export function compileHook(
  script: ArtilleryScript,
  hook: unknown,
  plan: FleetPlan,
  helpers: Helpers,
  runEvents: RunEvents,
  tls: TlsMaterial,
): Step {
  const { steps, problems } = validateHook(script, hook);
  if (problems.length > 0) abortRun(renderProblems(problems));
  const flow = series(
    compileSteps(steps, {
      place: "hook",
      http: null,
      helpers,
      runEvents,
      processor: processorOf(script),
      lab: labOptions(plan, tls),
      // Steps of a hook use neither.
      deviceEvents: null as unknown as Compiler["deviceEvents"],
      fleet: null as unknown as Compiler["fleet"],
      cohort: 0,
    }),
  );
  return (context, callback) => {
    flow(context, (error) => {
      if (error === null) callback(null, context);
      else abortRun(`artillery-engine-mqtt: ${error.message}`);
    });
  };
}

/** What the script's `lab` step starts; null where everything is the user's own. */
function labOptions({ target, settings }: FleetPlan, tls: TlsMaterial): LabOptions | null {
  const { configService, protocolVersion } = settings;
  const broker = target.kind === "lab";
  if (!broker && configService === "external") return null;
  const options: LabOptions = { broker, protocolVersion, configService: null };
  if (configService !== "external") {
    const { requestTopic, responseTopic, payload, capacity, queueLimit, scaleUp } = configService;
    options.configService = { requestTopic, responseTopic, payload, capacity, queueLimit };
    if (scaleUp !== undefined) options.configService.scaleUp = { afterMs: scaleUp.after, to: scaleUp.to };
  }
  if (target.kind === "url") {
    options.target = target.url;
    Object.assign(options, credentialsOf(target, settings));
    if (usesTls(target.endpoint)) options.tls = mqttTlsOptions(tls);
  }
  return options;
}
