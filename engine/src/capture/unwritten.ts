import { BroadcastChannel } from "node:worker_threads";
import { UNWRITTEN_CHANNEL, type UnwrittenFiles } from "../contract.ts";

/**
 * Hands to the main thread what a worker could not write. Posted while the thread may be about to exit: what is posted by
 * then arrives.
 */
export function postUnwritten(message: UnwrittenFiles): void {
  const channel = new BroadcastChannel(UNWRITTEN_CHANNEL);
  channel.postMessage(message);
  channel.close();
}
