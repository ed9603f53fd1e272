/** Takes connections on 127.0.0.1 and keeps them until their peers end them. Says its port; ends with its parent. */
import { type AddressInfo, createServer } from "node:net";

const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.resume();
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () =>
  process.send?.((server.address() as AddressInfo).port),
);
process.once("disconnect", () => process.exit());
