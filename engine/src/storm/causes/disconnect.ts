import type { CutCause } from "./cause.ts";

/** The device says goodbye: MQTT DISCONNECT, then FIN. */
export const disconnect: CutCause = {
  kind: "cut",
  needs: ["fraction"],
  takes: [],
  cut: (device, storm) => device.part.drop("disconnect", storm),
};
