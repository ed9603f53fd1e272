import { z } from "zod";
import type { StepCallback, VuContext } from "../../artillery.ts";
import { isOfScript } from "../../device/script-failures.ts";
import type { Waiter } from "../../device/turns.ts";
import { failureOf } from "../run-operation.ts";
import { asError } from "../script-error.ts";
import { compileTextTemplate } from "../template.ts";
import { describeKeys } from "../written-as.ts";
import { compileIdentity, IDENTITY_DESCRIPTIONS, identityShape } from "./identity.ts";
import {
  type Compiler,
  defineStep,
  deviceOf,
  durationMs,
  failureNamed,
  name,
  type ParsedStep,
  settings,
  stepError,
  text,
} from "./step.ts";

/**
 * Connects the device; done when it is ready for the first time. Refused and failed tries follow the back-off. The step
 * fails after `giveUpAfter` (60 s in a script without storms), or when the last storm window has ended.
 *
 * Templates are rendered when the step runs and kept for every reconnect; with `beforeConnect` the function is called
 * and they are rendered again before every attempt, so that a token may expire.
 */
export const connect = defineStep({
  name: "connect",
  places: ["flow"],
  schema: describeKeys(
    z.strictObject({
      connect: settings(
        {
          ...identityShape,
          beforeConnect: name.optional(),
          /** The device's own certificate: templates of PEM text or of paths of PEM files. */
          cert: text.optional(),
          key: text.optional(),
          giveUpAfter: durationMs.optional(),
        },
        {
          ...IDENTITY_DESCRIPTIONS,
          beforeConnect:
            "The function of the processor that is called before every attempt, for credentials that expire.",
          cert: "The device's own certificate: a template of PEM text or of the path of a PEM file.",
          key: "Its private key: a template of PEM text or of the path of a PEM file.",
          giveUpAfter:
            "How long until the step fails; until the last window ends, or 60s without storms, unless given.",
        },
      ).superRefine(({ cert, key }, context) => {
        if ((cert === undefined) === (key === undefined)) return;
        const missing = cert === undefined ? "cert" : "key";
        const message = cert === undefined ? "the certificate of connect.key" : "the key of connect.cert";
        context.addIssue({ code: "custom", path: [missing], message });
      }),
    }),
    {
      connect:
        "Connects the device, and tries again by its policy; done when it is ready for the first time.",
    },
  ),
  calls(raw) {
    const name = (raw["connect"] as { beforeConnect?: unknown } | null | undefined)?.beforeConnect;
    return typeof name === "string" ? [name] : [];
  },
  compile(spec, compiler) {
    const { giveUpAfter = null, beforeConnect, cert, key, ...identitySpec } = spec.connect;
    const identity = compileIdentity(identitySpec);
    const certificate =
      cert === undefined || key === undefined
        ? null
        : { cert: compileTextTemplate(cert), key: compileTextTemplate(key) };
    return (context, callback) => {
      const device = deviceOf(context);
      const { identity: own } = device.attempt;
      const known = own.credentials;
      if (certificate !== null) {
        own.certificate = { cert: certificate.cert(context), key: certificate.key(context) };
      }
      if (beforeConnect !== undefined) {
        own.source = (done) => {
          compiler.calls.run(beforeConnect, context, (error) => {
            if (error !== null) {
              done(null);
              return;
            }
            let rendered = known;
            try {
              rendered = identity?.(context, known) ?? known;
            } catch (thrown) {
              device.endByScript(failureOf(asError(thrown), compiler));
              return;
            }
            done(rendered);
          });
        };
      } else {
        own.source = null;
        if (identity !== null && !own.identify(identity(context, known))) {
          callback(stepError(compiler, "credentials_failed"), context);
          return;
        }
      }
      device.connect();
      compiler.fleet.whenReady(device, giveUpAfter, new Connecting(compiler, context, callback));
    };
  },
});

/** A flow that waits for its device to be ready for the first time: all of a fleet may do so at once. */
class Connecting implements Waiter {
  readonly #compiler: Compiler;
  readonly #context: VuContext;
  readonly #callback: StepCallback;

  constructor(compiler: Compiler, context: VuContext, callback: StepCallback) {
    this.#compiler = compiler;
    this.#context = context;
    this.#callback = callback;
  }

  settled(failure: string | null): void {
    const error =
      // The device said so when its own script failed.
      failure === null
        ? null
        : isOfScript(failure)
          ? failureNamed(failure)
          : stepError(this.#compiler, failure);
    this.#callback(error, this.#context);
  }
}

/** What makes a device's CONNECT, or its connection, another than that of all. */
const OWN_KEYS = [
  "clientId",
  "username",
  "password",
  "userProperties",
  "beforeConnect",
  "cert",
  "key",
] as const;

/** No `connect` of a flow gives its device an id or credentials of its own: they are the engine's, and of the settings. */
export function connectsAsFleet(steps: readonly ParsedStep[]): boolean {
  return !givesAnyOf(OWN_KEYS, steps);
}

/** A `connect` of a flow gives its device a certificate of its own. */
export function hasOwnCertificates(steps: readonly ParsedStep[]): boolean {
  return givesAnyOf(["cert"], steps);
}

function givesAnyOf(keys: readonly string[], steps: readonly ParsedStep[]): boolean {
  return steps.some(({ definition, spec, children }) => {
    const own = (spec as { connect?: Record<string, unknown> }).connect ?? {};
    const gives = definition === connect && keys.some((key) => own[key] !== undefined);
    return gives || children.some((nested) => givesAnyOf(keys, nested));
  });
}

/** Every `connect` of a flow gives its device a client id. */
export function hasOwnClientIds(steps: readonly ParsedStep[]): boolean {
  return steps.every(({ definition, spec, children }) => {
    const own = (spec as { connect?: { clientId?: unknown } }).connect?.clientId !== undefined;
    return (definition !== connect || own) && children.every(hasOwnClientIds);
  });
}
