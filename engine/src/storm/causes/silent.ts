import { CUT_KEYS, type CutCause } from "./cause.ts";

/**
 * The path is gone and nobody is told: nothing goes out, nothing is heard, until the device finds out by itself,
 * or, with `nextWrite: reset`, until RST answers what it writes next. */
export const silent: CutCause = {
  kind: "cut",
  needs: ["fraction"],
  takes: ["nextWrite", ...CUT_KEYS],
  cut: (device, { index, nextWrite, outage }) =>
    // A device without power has nothing to find out.
    outage?.of === "power" ? device.part.drop("power_off", index) : device.part.silence(index, nextWrite),
};
