import { z } from "zod";
import type { VuContext } from "../../artillery.ts";
import type { Device } from "../../device/device.ts";
import type { Operation } from "../../device/program.ts";
import type { SubscribeOptions } from "../../device/session/subscriptions.ts";
import { filterProblem } from "../../device/topic.ts";
import type { Waiter } from "../../device/turns.ts";
import { textOfNumber } from "../../scalar-text.ts";
import { boolean, numeric } from "../scalars.ts";
import { compileTemplate, type Template } from "../template.ts";
import { describeKeys } from "../written-as.ts";
import { compileSetting } from "./setting.ts";
import { type Compiler, contextOf, defineStep, durationMs, qos, qosLevel, topics, unusable } from "./step.ts";

/**
 * SUBSCRIBE in one packet, done at SUBACK. In `onConnect` it is skipped when the broker says that it kept the session
 * (`resubscribe: auto`).
 */
export const subscribe = defineStep({
  name: "subscribe",
  places: ["flow", "onConnect", "onMessage"],
  schema: describeKeys(
    z.strictObject({
      subscribe: describeKeys(
        z.strictObject({
          topics,
          qos: qos.default(0),
          noLocal: boolean.optional(),
          retainAsPublished: boolean.optional(),
          retainHandling: numeric(
            z.union([z.literal(0), z.literal(1), z.literal(2)], {
              error: "0 (retained messages at every subscription), 1 (at a new one) or 2 (never)",
            }),
          ).optional(),
          /** PUBACK and PUBREC of its messages are put off so long. */
          ackDelay: durationMs.optional(),
        }),
        {
          topics: "A topic filter or a list of them; templates.",
          qos: "The highest QoS of its messages: 0 (unless given), 1 or 2.",
          noLocal: "MQTT 5: nothing of what the device publishes itself.",
          retainAsPublished: "MQTT 5: messages keep their retain flag.",
          retainHandling:
            "MQTT 5: retained messages at every subscription (0), at a new one (1) or never (2).",
          ackDelay: "PUBACK and PUBREC of its messages are put off so long; 0 unless given.",
        },
      ).superRefine(({ noLocal, topics: filters }, context) => {
        if (noLocal !== true || ![filters].flat().some((filter) => filter.startsWith("$share/"))) return;
        const message = "nothing with a shared subscription [MQTT-3.8.3-4]";
        context.addIssue({ code: "custom", path: ["noLocal"], message });
      }),
    }),
    { subscribe: "Subscribes in one packet; done at SUBACK." },
  ),
  operation(spec, compiler) {
    const trusted = compiler.place === "onConnect";
    const qosOf = compileSetting(spec.subscribe.qos, qosLevel, "subscribe.qos");
    const { ackDelay } = spec.subscribe;
    const options = optionsOf(spec.subscribe);
    return filterOperation(spec.subscribe.topics, compiler, (device, filters, waiter) => {
      if (ackDelay !== undefined) device.exchange.slowDown(filters, ackDelay);
      device.exchange.subscribe(filters, qosOf(contextOf(device)), trusted, waiter, options);
    });
  },
});

/** Keys of the step that MQTT 3.1.1 does not have. */
export const MQTT5_SUBSCRIBE_KEYS = ["noLocal", "retainAsPublished", "retainHandling"] as const;

interface OptionsSpec {
  noLocal?: boolean | undefined;
  retainAsPublished?: boolean | undefined;
  retainHandling?: 0 | 1 | 2 | undefined;
}

function optionsOf({ noLocal, retainAsPublished, retainHandling }: OptionsSpec): SubscribeOptions {
  return {
    ...(noLocal === undefined ? {} : { nl: noLocal }),
    ...(retainAsPublished === undefined ? {} : { rap: retainAsPublished }),
    ...(retainHandling === undefined ? {} : { rh: retainHandling }),
  };
}

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
