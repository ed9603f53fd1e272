import { z } from "zod";
import { defineStep, deviceOf, settings } from "./step.ts";

/** MQTT DISCONNECT; the device stays away until a later `connect`. */
export const disconnect = defineStep({
  name: "disconnect",
  places: ["flow", "onMessage"],
  schema: z.strictObject({ disconnect: settings({}) }),
  compile() {
    return (context, callback) => {
      deviceOf(context).disconnect();
      callback(null, context);
    };
  },
});
