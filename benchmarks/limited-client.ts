import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { limitPackets } from "../engine/src/transport/mqttjs-limit.ts";

/** No benchmark asks for more: a broker that announces it is no broker. */
const MAX_PACKET_BYTES = 1_048_576;

/** Does what `connectAsync` does, without retries, and takes packets up to a limit from the first byte on. Rejects where it is refused. */
export function connectLimited(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = connect(url, { ...options, manualConnect: true });
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => {
      client.end(true);
      reject(error);
    };
    client.once("connect", () => {
      client.off("error", refuse);
      // What follows is its end, which whoever uses it notices.
      client.on("error", () => {});
      resolve(client);
    });
    client.once("error", refuse);
    client.once("close", () => refuse(new Error(`${url}: closed before CONNACK`)));
    client.connect();
    limitPackets(client, MAX_PACKET_BYTES);
  });
}
