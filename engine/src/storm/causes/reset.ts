import { CUT_KEYS, type CutCause } from "./cause.ts";

/** The device's machine dies, or its network drops the connection: TCP RST. */
export const reset: CutCause = {
  kind: "cut",
  needs: ["fraction"],
  takes: CUT_KEYS,
  cut: (device, { index }) => device.part.drop("reset", index),
};
