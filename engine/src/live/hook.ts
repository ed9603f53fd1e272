import {
  type ArtilleryScript,
  abortRun,
  type Helpers,
  log,
  processorOf,
  type RunEvents,
  type Step,
  suggestExitCode,
} from "../artillery.ts";
import { noteLabEnd, runDirectory } from "../capture/run-directory.ts";
import { postUnwritten } from "../capture/unwritten.ts";
import type { LabEnd } from "../contract.ts";
import type { ConfigServiceOptions, LabOptions } from "../lab/lab.ts";
import type { LabPlan } from "../lab/regions.ts";
import { compileSteps, series } from "../script/compile.ts";
import type { FleetPlan } from "../script/plan.ts";
import { ProcessorCalls } from "../script/processor-calls.ts";
import type { Compiler } from "../script/steps/step.ts";
import { credentialsOf, dialUrl, type Target } from "../script/target.ts";
import { maskText } from "../secrets/secret-text.ts";
import { usesTls } from "../transport/endpoints.ts";
import { mqttTlsOptions } from "../transport/mqtt-tls-options.ts";
import type { TlsMaterial } from "../transport/tls-material.ts";
import { time } from "./clock.ts";

/** What prepares a run may take its time; a function that never calls `done` would hang it. */
const LONGEST_HOOK_FUNCTION_MS = 600_000;

/** A `before` or `after` hook, run once in the main thread. It has no device. */
export function compileHook(
  script: ArtilleryScript,
  hook: unknown,
  plan: FleetPlan,
  helpers: Helpers,
  runEvents: RunEvents,
  tls: TlsMaterial,
): Step {
  const steps = hook === script.after ? plan.hooks.after : plan.hooks.before;
  const flow = series(
    compileSteps(steps, {
      place: "hook",
      http: null,
      helpers,
      runEvents,
      calls: new ProcessorCalls({
        processor: processorOf(script),
        events: runEvents,
        expire: (expired) => {
          const timer = setTimeout(expired, LONGEST_HOOK_FUNCTION_MS);
          return () => clearTimeout(timer);
        },
        // Its text ends the run.
        tell: () => {},
      }),
      lab: labPlan(plan, tls),
      onLabEnded: (name, how) => labEnded(script, name, how),
      time,
      // A step of a hook has no device: its error ends the run.
      tellError: () => {},
      countError: () => {},
      fleet: null as unknown as Compiler["fleet"],
    }),
  );
  return (context, callback) => {
    flow(context, (error) => {
      if (error === null) callback(null, context);
      // A function's error, or that of a lab's process: text of others.
      else abortRun(`artillery-engine-mqtt: ${maskText(error.message)}`);
    });
  };
}

/** What was measured from now on is not what the run was to measure: said, kept beside the results, and in the exit code. */
function labEnded(script: ArtilleryScript, name: string, how: string): void {
  log(`artillery-engine-mqtt: ${name} ended during the run (${how})`);
  suggestExitCode(LAB_ENDED_EXIT_CODE);
  const directory = runDirectory(script);
  if (directory === null) return;
  const labEnd: LabEnd = { name, how, atMs: Date.now() };
  try {
    noteLabEnd(directory, labEnd);
  } catch (error) {
    const problem = (error as Error).message;
    log(`mqtt: results cannot be written: ${problem}; the run goes on`);
    postUnwritten({ labEnd, problem });
  }
}

/** Exit code of a run whose lab ended before it: the same as the results give to what they could not measure. */
const LAB_ENDED_EXIT_CODE = 5;

/** What the script's `lab` step starts; null where everything is the user's own. */
function labPlan({ target, regions, settings }: FleetPlan, tls: TlsMaterial): LabPlan | null {
  // Nobody asks for configuration at the control connection where there are regions.
  const main = labOptions(target, regions === null ? configServiceOf(settings) : null, settings, tls);
  const ofRegions = (regions?.list ?? []).flatMap(({ name, target: where }) => {
    const options = labOptions(where, configServiceOf(settings), settings, tls);
    return options === null ? [] : [{ name, options }];
  });
  return main === null && ofRegions.length === 0 ? null : { main, regions: ofRegions };
}

/** What is started at one target; null for nothing. */
function labOptions(
  target: Target,
  configService: ConfigServiceOptions | null,
  settings: FleetPlan["settings"],
  tls: TlsMaterial,
): LabOptions | null {
  const broker = target.kind === "lab";
  if (!broker && configService === null) return null;
  const options: LabOptions = { broker, protocolVersion: settings.protocolVersion, configService };
  if (target.kind === "url") {
    options.target = dialUrl(target);
    Object.assign(options, credentialsOf(target, settings));
    if (usesTls(target.endpoint)) options.tls = mqttTlsOptions(tls);
  }
  return options;
}

function configServiceOf({ configService }: FleetPlan["settings"]): ConfigServiceOptions | null {
  if (configService === "external") return null;
  const { requestTopic, responseTopic, payload, capacity, queueLimit, scaleUp } = configService;
  const options: ConfigServiceOptions = { requestTopic, responseTopic, payload, capacity, queueLimit };
  if (scaleUp !== undefined) options.scaleUp = { afterMs: scaleUp.after, to: scaleUp.to };
  return options;
}
