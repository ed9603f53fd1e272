import { CUT_KEYS, type CutCause } from "./cause.ts";

/** The device says goodbye: MQTT DISCONNECT, then FIN. */
export const disconnect: CutCause = {
  kind: "cut",
  needs: ["fraction"],
  takes: CUT_KEYS,
  cut: (device, { index }) => device.part.drop("disconnect", index),
};
