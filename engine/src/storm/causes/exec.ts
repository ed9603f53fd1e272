import { runCommand } from "../command.ts";
import type { WatchCause } from "./cause.ts";

/** A command of the user's, such as one that restarts a broker or takes a node out of a balancer. */
export const exec: WatchCause = {
  kind: "watch",
  needs: ["command"],
  takes: ["timeout"],
  opens: "at-once",
  act: ({ index, exec }, log) =>
    exec === undefined ? () => {} : runCommand(exec, (line) => log(`mqtt storm ${index}: ${line}`)),
};
