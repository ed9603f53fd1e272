import { BroadcastChannel } from "node:worker_threads";
import { UNWRITTEN_CHANNEL, type UnwrittenFiles, type UnwrittenLabEnd } from "../contract.ts";

/**
 * Hands to the plugin in the main thread what a worker could not write, or the hook in that thread itself. Posted while the
 * thread may be about to exit: what is posted by then arrives.
 */
export function postUnwritten(message: UnwrittenFiles | UnwrittenLabEnd): void {
  const channel = new BroadcastChannel(UNWRITTEN_CHANNEL);
  channel.postMessage(message);
  channel.close();
}
