import { z } from "zod";
import type { VuContext } from "../../artillery.ts";
import type { Device } from "../../device/device.ts";
import type { Operation } from "../../device/program.ts";
import { filterProblem } from "../../device/topic.ts";
import type { Waiter } from "../../device/turns.ts";
import { textOfNumber } from "../../scalar-text.ts";
import { compileTemplate, type Template } from "../template.ts";
import { compileSetting } from "./setting.ts";
import { type Compiler, contextOf, defineStep, qos, qosLevel, topics, unusable } from "./step.ts";

/**
 * SUBSCRIBE in one packet, done at SUBACK. In `onConnect` it is skipped when the broker says that it kept the session
 * (`resubscribe: auto`).
 */
export const subscribe = defineStep({
  name: "subscribe",
  places: ["flow", "onConnect"],
  schema: z.strictObject({ subscribe: z.strictObject({ topics, qos: qos.default(0) }) }),
  operation(spec, compiler) {
    const trusted = compiler.place === "onConnect";
    const qosOf = compileSetting(spec.subscribe.qos, qosLevel, "subscribe.qos");
    return filterOperation(spec.subscribe.topics, compiler, (device, filters, waiter) => {
      device.exchange.subscribe(filters, qosOf(contextOf(device)), trusted, waiter);
    });
  },
});

/** Does something with topic filters, which are rendered when it begins. */
export function filterOperation(
  topics: string | string[],
  compiler: Compiler,
  act: (device: Device, filters: string[], waiter: Waiter) => void,
): Operation {
  const template = compileTemplate(topics);
  return {
    begin(device, waiter) {
      const filters = renderFilters(template, contextOf(device));
      for (const filter of filters) {
        const problem = typeof filter === "string" ? filterProblem(filter) : "is no text";
        if (problem === null) continue;
        const failure = unusable(compiler, "invalid_topic_filter", "topics", filter, problem);
        device.env.port.turns.settle(waiter, failure);
        return;
      }
      act(device, filters as string[], waiter);
    },
  };
}

/** A template may give one filter or a list of them. */
export function renderFilters(template: Template, context: VuContext): unknown[] {
  const rendered = template(context);
  // A list of its own: it is kept, and what a variable holds may change. `slice` leaves no room to grow.
  const filters: unknown[] = (Array.isArray(rendered) ? rendered : [rendered]).flat().slice();
  // A column of a CSV file may have been cast to a number.
  for (let i = 0; i < filters.length; i++) filters[i] = textOfNumber(filters[i]);
  return filters;
}
