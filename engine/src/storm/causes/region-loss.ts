import type { CutCause } from "./cause.ts";

/** A region fails: every device in it loses its connection (TCP RST), and none gets in until the region is back. */
export const regionLoss: CutCause = {
  kind: "cut",
  needs: [],
  takes: [],
  cut(device, { index }) {
    const lostAtMs = device.part.drop("reset", index);
    // Who is about to come in does not get in either.
    if (lostAtMs === null) device.part.refuse("region_lost");
    return lostAtMs;
  },
};
