import { z } from "zod";
import type { Operation } from "../device/program.ts";
import type { Message } from "../device/session/message.ts";
import type { MessageHandler } from "../device/session/message-work.ts";
import { type CompilerBase, compileProgram } from "./compile.ts";
import { integer } from "./scalars.ts";
import { type CaptureSpec, captureInto, captureOf } from "./steps/request.ts";
import { type Compiler, contextOf, type ParsedStep } from "./steps/step.ts";
import { CAPTURE_DESCRIPTIONS, captures, topicFilter } from "./steps/wait-for-message.ts";
import { compileTextTemplate } from "./template.ts";
import { describeKeys, written } from "./written-as.ts";

/** What devices do on messages: the scenario's key `onMessage`. */

/** The variable that holds the message in these steps. */
export const MESSAGE_VARIABLE = "message";

const QUEUE_ALLOWED = "a number of messages from 0 to 100000";

/** Messages of a device that may wait for those before them, unless the scenario says it. */
export const DEFAULT_MESSAGE_QUEUE = 100;

export const messageQueue = integer(0, 100_000, QUEUE_ALLOWED).default(DEFAULT_MESSAGE_QUEUE);

const entry = describeKeys(
  z.strictObject({
    topic: topicFilter,
    do: written(
      { steps: "onMessage" },
      z.array(z.unknown(), { error: "a list of steps" }).min(1, { error: "a list of at least one step" }),
    ),
    ...captures,
  }),
  {
    topic: "The topic filter of the messages.",
    do: "What the device does on each of them, one after the other.",
    ...CAPTURE_DESCRIPTIONS,
  },
);

export const onMessage = z.array(entry, {
  error: "a list of { topic: a topic filter, do: a list of steps, capture }",
});

/** One entry, its steps read. */
export interface ReactionSpec extends Pick<z.output<typeof entry>, "topic" | "capture" | "match"> {
  steps: ParsedStep[];
}

/** Compiled once, for all devices of a cohort. */
export function compileReaction(spec: ReactionSpec, base: CompilerBase): MessageHandler {
  const filter = compileTextTemplate(spec.topic);
  const captured = captureOf(spec);
  const program = compileProgram(spec.steps, base);
  return {
    filter: (device) => filter(contextOf(device)),
    take(device, message) {
      contextOf(device).vars[MESSAGE_VARIABLE] = message;
    },
    program: captured === null ? program : [capturing(captured, base), ...program],
  };
}

function capturing(spec: CaptureSpec, compiler: Pick<Compiler, "helpers" | "place">): Operation {
  return {
    begin(device, waiter) {
      const { payload } = contextOf(device).vars[MESSAGE_VARIABLE] as Message;
      captureInto(device, compiler, spec, payload, waiter);
    },
  };
}
