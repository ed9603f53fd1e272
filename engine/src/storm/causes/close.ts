import { CUT_KEYS, type CutCause } from "./cause.ts";

/** The device ends the connection politely below MQTT: FIN. */
export const close: CutCause = {
  kind: "cut",
  needs: ["fraction"],
  takes: CUT_KEYS,
  cut: (device, { index }) => device.part.drop("close", index),
};
