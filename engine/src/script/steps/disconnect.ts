import { z } from "zod";
import { describeKeys } from "../written-as.ts";
import { defineStep, deviceOf, settings } from "./step.ts";

/** MQTT DISCONNECT; the device stays away until a later `connect`. */
export const disconnect = defineStep({
  name: "disconnect",
  places: ["flow", "onMessage"],
  schema: describeKeys(z.strictObject({ disconnect: settings({}, {}) }), {
    disconnect: "Sends DISCONNECT; the device stays away until the next connect.",
  }),
  compile() {
    return (context, callback) => {
      deviceOf(context).disconnect();
      callback(null, context);
    };
  },
});
