import type { Problem } from "../problem.ts";
import type { ReadScript } from "../read.ts";
import { earlyEndRule } from "./early-end.ts";
import { environmentRule } from "./environment.ts";
import { identityRule } from "./identity.ts";
import { messageRule } from "./messages.ts";
import { nameRule } from "./names.ts";
import { regionRule } from "./regions.ts";
import type { Rule } from "./rule.ts";
import { stayRule } from "./stays.ts";
import { stormRule } from "./storms.ts";
import { trackingRule } from "./tracking.ts";
import { transportRule } from "./transport.ts";
import { variableRule } from "./variables.ts";
import { versionRule } from "./versions.ts";

/** Every rule over more than one key. Adding one is one file and one line here. Problems are told in this order. */
const RULES: readonly Rule[] = [
  variableRule,
  environmentRule,
  nameRule,
  stormRule,
  regionRule,
  versionRule,
  messageRule,
  identityRule,
  transportRule,
  trackingRule,
  stayRule,
  earlyEndRule,
];

export function ruleProblems(script: ReadScript): Problem[] {
  return RULES.flatMap((rule) => rule(script));
}
