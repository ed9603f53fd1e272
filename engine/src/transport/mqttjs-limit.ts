import type { MqttClient } from "mqtt";
import { PacketLimit } from "./packet-limit.ts";

/**
 * Keeps a client of MQTT.js from gathering a packet without end: it has no limit of its own, and a broker that announces 256 MB
 * would be believed. The connection is given up at the first packet that announces more; MQTT.js then tries again as it does
 * after any loss.
 *
 * @param onExceeded called for each connection that was given up
 */
export function limitPackets(
  client: MqttClient,
  maxPacketBytes: number,
  onExceeded: () => void = () => {},
): void {
  const watch = (): void => {
    const { stream } = client;
    const limit = new PacketLimit(maxPacketBytes);
    stream.on("data", (chunk: Uint8Array) => {
      if (stream.destroyed || limit.accepts(chunk)) return;
      stream.destroy();
      onExceeded();
    });
  };
  watch();
  // Told just before it opens the next stream.
  client.on("reconnect", () => process.nextTick(watch));
}
