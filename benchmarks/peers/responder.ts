/** Child process: answers `config/<id>/get` on `config/<id>`. The same for every client. Argument: port. */
import { connectLimited } from "../limited-client.ts";

const client = await connectLimited(`mqtt://127.0.0.1:${process.argv[2]}`);
client.on("message", (topic) => {
  client.publish(topic.slice(0, -"/get".length), '{"version":1}');
});
await client.subscribeAsync("config/+/get");
process.send?.("ready");
process.once("disconnect", () => process.exit());
