import { z } from "zod";
import type { Device } from "../../device/device.ts";
import type { Message } from "../../device/session/message.ts";
import type { MessageWaitCall } from "../../device/session/message-waits.ts";
import { filterProblem } from "../../device/topic.ts";
import { LOST, type Waiter } from "../../device/turns.ts";
import { compileTextTemplate } from "../template.ts";
import { describeKeys } from "../written-as.ts";
import { captureInto, captureNames, captureOf, captureSpec } from "./request.ts";
import { type Compiler, contextOf, defineStep, durationMs, text } from "./step.ts";

/** A filter that can be judged before its variables have values. */
export const topicFilter = text.refine((value) => /\{\{/.test(value) || filterProblem(value) === null, {
  error: "a topic filter",
});

export const captures = {
  capture: z.union([captureSpec, z.array(captureSpec)], { error: "a capture or a list of them" }).optional(),
  match: z.union([captureSpec, z.array(captureSpec)], { error: "a match or a list of them" }).optional(),
};

/** What each means, wherever messages or answers are looked into. */
export const CAPTURE_DESCRIPTIONS: Readonly<Record<keyof typeof captures, string>> = {
  capture: "Artillery's capture: what of the payload becomes a variable; one or a list of them.",
  match: "Artillery's match: what the payload must hold; one or a list of them.",
};

const settings = z.strictObject({
  topic: topicFilter,
  timeout: durationMs.default(60_000),
  /** What follows from no message in time. */
  onTimeout: z.enum(["reset", "fail", "ignore"], { error: "reset, fail or ignore" }).default("reset"),
  /** The variable that holds the message. */
  as: text.optional(),
  ...captures,
});

describeKeys(settings, {
  topic: "The topic filter of the message.",
  timeout: "How long it is waited for; 60s unless given.",
  onTimeout:
    "Without one in time: reset gives the connection up (unless given), fail fails the step, ignore goes on.",
  as: "The variable that holds the message.",
  ...CAPTURE_DESCRIPTIONS,
});

/** Waits for a message that comes from now on. */
export const waitForMessage = defineStep({
  name: "waitForMessage",
  places: ["flow", "onConnect", "onMessage"],
  schema: describeKeys(z.strictObject({ waitForMessage: settings }), {
    waitForMessage: "Waits for a message that comes from now on.",
  }),
  defines(raw) {
    const as = (raw["waitForMessage"] as { as?: unknown } | null)?.as;
    return [...captureNames(raw["waitForMessage"]), ...(typeof as === "string" ? [as] : [])];
  },
  operation(spec, compiler) {
    const waiting = new MessageStep(spec.waitForMessage, compiler);
    return { begin: (device, waiter) => waiting.begin(device, waiter) };
  },
});

/** The step, compiled once for all devices. */
class MessageStep {
  readonly #spec: z.output<typeof settings>;
  readonly #compiler: Compiler;
  readonly #filter: ReturnType<typeof compileTextTemplate>;
  readonly #captures: ReturnType<typeof captureOf>;

  constructor(spec: z.output<typeof settings>, compiler: Compiler) {
    this.#spec = spec;
    this.#compiler = compiler;
    this.#filter = compileTextTemplate(spec.topic);
    this.#captures = captureOf(spec);
  }

  begin(device: Device, waiter: Waiter): void {
    const filter = this.#filter(contextOf(device));
    if (filterProblem(filter) !== null) {
      device.env.port.turns.settle(waiter, "invalid_topic_filter");
      return;
    }
    const call: MessageWaitCall = {
      filter,
      timeoutMs: this.#spec.timeout,
      ended: (outcome, message) => {
        if (outcome === "message") this.#take(device, message as Message, waiter);
        else if (outcome === "lost") device.env.port.turns.settle(waiter, LOST);
        else this.#goOnWithout(device, waiter);
      },
    };
    device.exchange.waitForMessage(call);
  }

  #take(device: Device, message: Message, waiter: Waiter): void {
    const { as } = this.#spec;
    if (as !== undefined) contextOf(device).vars[as] = message;
    if (this.#captures === null) device.env.port.turns.settle(waiter, null);
    else captureInto(device, this.#compiler, this.#captures, message.payload, waiter);
  }

  #goOnWithout(device: Device, waiter: Waiter): void {
    const { turns } = device.env.port;
    switch (this.#spec.onTimeout) {
      case "ignore":
        turns.settle(waiter, null);
        return;
      case "fail":
        turns.settle(waiter, "message_timeout");
        return;
      case "reset":
        device.fail(device.state === "bootstrapping" ? "bootstrap_timeout" : "message_timeout");
        turns.settle(waiter, LOST);
    }
  }
}
