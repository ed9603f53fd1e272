import { CHOICE_KEYS, type CutCause } from "./cause.ts";

/** The path is gone and nobody is told: nothing goes out, nothing is heard, until the device finds out by itself. */
export const silent: CutCause = {
  kind: "cut",
  needs: ["fraction"],
  takes: CHOICE_KEYS,
  cut: (device, storm) => device.part.silence(storm),
};
