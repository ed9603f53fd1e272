import { z } from "zod";
import type { VuContext } from "../../artillery.ts";
import { compileTextTemplate } from "../template.ts";
import { defineStep, deviceOf, durationMs, settings, stepError, text } from "./step.ts";

const credential = text.refine((value) => !value.includes("\u0000"), {
  error: "text without null characters",
});

/**
 * Connects the device; done when it is ready for the first time. Refused and failed tries follow the back-off. The step
 * fails after `giveUpAfter` (60 s in a script without storms), or when the last storm window has ended.
 */
export const connect = defineStep({
  name: "connect",
  places: ["flow"],
  schema: z.strictObject({
    connect: settings({
      /** Templates: rendered when the step runs, and kept for every reconnect. */
      clientId: credential.optional(),
      username: credential.optional(),
      password: credential.optional(),
      /** The device's own certificate: templates of PEM text or of paths of PEM files. */
      cert: text.optional(),
      key: text.optional(),
      giveUpAfter: durationMs.optional(),
    }).superRefine(({ cert, key }, context) => {
      if ((cert === undefined) === (key === undefined)) return;
      const missing = cert === undefined ? "cert" : "key";
      const message = cert === undefined ? "the certificate of connect.key" : "the key of connect.cert";
      context.addIssue({ code: "custom", path: [missing], message });
    }),
  }),
  compile(spec, compiler) {
    const giveUpAfterMs = spec.connect.giveUpAfter ?? null;
    const render = (template: string | undefined): ((context: VuContext) => string) | null =>
      template === undefined ? null : compileTextTemplate(template);
    const clientId = render(spec.connect.clientId);
    const username = render(spec.connect.username);
    const password = render(spec.connect.password);
    const cert = render(spec.connect.cert);
    const key = render(spec.connect.key);
    return (context, callback) => {
      const device = deviceOf(context);
      const known = device.credentials;
      if (cert !== null && key !== null) device.certificate = { cert: cert(context), key: key(context) };
      if (clientId !== null || username !== null || password !== null) {
        device.credentials = {
          clientId: clientId?.(context) ?? known.clientId,
          username: username?.(context) ?? known.username,
          password: password?.(context) ?? known.password,
        };
      }
      device.connect();
      compiler.fleet.whenReady(device, giveUpAfterMs, (failure) => {
        callback(failure === null ? null : stepError(compiler, failure), context);
      });
    };
  },
});
