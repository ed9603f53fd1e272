import { CHOICE_KEYS, type CutCause } from "./cause.ts";

/**
 * The path is gone and nobody is told: nothing goes out, nothing is heard, until the device finds out by itself,
 * or, with `nextWrite: reset`, until RST answers what it writes next. */
export const silent: CutCause = {
  kind: "cut",
  needs: ["fraction"],
  takes: ["nextWrite", ...CHOICE_KEYS],
  cut: (device, { index, nextWrite }) => device.part.silence(index, nextWrite),
};
