import { z } from "zod";
import { REGION_NAME } from "../contract.ts";
import { FAILOVER_POLICIES } from "../region/failover.ts";
import { numeric, positiveInteger } from "./scalars.ts";
import { positiveDuration, text } from "./steps/step.ts";
import { describeKeys } from "./written-as.ts";

/** `targets` and `failover` of the settings, `regionLoss` of a storm, and what a `lab` step says of them. */

const MAXIMUM_REGIONS = 16;
const NAME_ALLOWED =
  "a name of up to 32 letters, digits, _ and -, a letter first: it is part of metric names";
const WEIGHT_ALLOWED = "a number above 0";
const COUNT_ALLOWED = "a whole number above 0";
const LIST_ALLOWED = `a list of 2 to ${MAXIMUM_REGIONS} regions, each { name, url, weight }; one broker is config.target`;

export const targets = z
  .array(
    describeKeys(
      z.strictObject({
        name: z.string({ error: NAME_ALLOWED }).regex(REGION_NAME, { error: NAME_ALLOWED }),
        url: text,
        weight: numeric(
          z
            .number({ error: WEIGHT_ALLOWED })
            .positive({ error: WEIGHT_ALLOWED })
            .max(1_000_000, { error: "a number above 0 and up to 1000000" }),
        ).default(1),
      }),
      {
        name: "The name of the region: up to 32 letters, digits, _ and -, a letter first.",
        url: "The URL of its broker, as config.target.",
        weight: "Its share of the devices, relative to the others'; 1 unless given.",
      },
    ),
    { error: LIST_ALLOWED },
  )
  .min(2, { error: LIST_ALLOWED })
  .max(MAXIMUM_REGIONS, { error: LIST_ALLOWED });

export const failover = z.strictObject({
  policy: z.enum(FAILOVER_POLICIES, { error: FAILOVER_POLICIES.join(", ") }).default("next"),
  after: positiveInteger(COUNT_ALLOWED).default(2),
  returnHome: z
    .union([z.literal("never"), positiveDuration], {
      error: "never, or how long a device stays connected elsewhere before it goes home",
    })
    .default("never"),
});

describeKeys(failover, {
  policy: "Where devices go whose broker fails; next unless given.",
  after: "Failures in a row after which a device goes elsewhere; 2 unless given.",
  returnHome: "never (unless given), or how long a device stays connected elsewhere before it goes home.",
});

export const regionLoss = describeKeys(z.strictObject({ target: text, for: positiveDuration.optional() }), {
  target: "The name of the region that is lost.",
  for: "How long it is lost; to the end of the run unless given.",
});

/** A region as a `lab` step names it. */
export type LabRegion = string | { name: string; capacity: number };
