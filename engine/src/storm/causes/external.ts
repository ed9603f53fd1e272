import type { WatchCause } from "./cause.ts";

/** The engine only watches: the storm opens when the fraction of a worker's online devices is lost within one second. */
export const external: WatchCause = {
  kind: "watch",
  needs: ["fraction"],
  takes: ["waitFor"],
  opens: "when-lost",
  act: null,
};
