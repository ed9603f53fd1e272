import { z } from "zod";
import type { Step, VuContext } from "../../artillery.ts";
import type { Device } from "../../device/device.ts";
import type { OperationDone } from "../../device/session/session.ts";
import { filterProblem } from "../../device/topic.ts";
import { compileTemplate, type Template } from "../template.ts";
import { type Compiler, defineStep, qos, runOperation, topics } from "./step.ts";

/**
 * SUBSCRIBE in one packet, done at SUBACK. In `onConnect` it is skipped when the broker says that it kept the session
 * (`resubscribe: auto`).
 */
export const subscribe = defineStep({
  name: "subscribe",
  places: ["flow", "onConnect"],
  schema: z.strictObject({ subscribe: z.strictObject({ topics, qos: qos.default(0) }) }),
  compile(spec, compiler) {
    const trusted = compiler.place === "onConnect";
    return compileFilterStep(compiler, spec.subscribe.topics, (device, filters, done) => {
      device.subscribe(filters, spec.subscribe.qos, trusted, done);
    });
  },
});

/** A step that does something with topic filters, which are rendered when it runs. */
export function compileFilterStep(
  compiler: Compiler,
  topics: string | string[],
  act: (device: Device, filters: string[], done: OperationDone) => void,
): Step {
  const template = compileTemplate(topics);
  return (context, callback) => {
    runOperation(
      compiler,
      context,
      (device, done) => {
        const filters = renderFilters(template, context);
        if (filters === null) done("invalid_topic_filter");
        else act(device, filters, done);
      },
      callback,
    );
  };
}

/** A template may give one filter or a list of them; null where a value is no filter. */
export function renderFilters(template: Template, context: VuContext): string[] | null {
  const rendered = template(context);
  const filters: unknown[] = (Array.isArray(rendered) ? rendered : [rendered]).flat();
  for (const filter of filters) {
    if (typeof filter !== "string" || filterProblem(filter) !== null) return null;
  }
  return filters as string[];
}
