/** Real WebSocket servers on the loopback interface. */
import { createServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { createCertificate } from "../../../engine/src/lab/certificate.ts";
import type { Endpoint, OpenTransport } from "../../../engine/src/transport/transport.ts";
import { openerFor } from "../../support/opener.ts";
import { endOf, Heard, settle } from "../../support/transport-listener.ts";
import { WebSocketServer } from "../../support/websocket-server.ts";

const identity = await createCertificate({ name: "broker", hosts: ["127.0.0.1"] });

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function opener(kind: Endpoint["kind"], port: number, resume = false): OpenTransport {
  const trusted = { ca: [identity.cert] };
  return openerFor({ kind, port, path: "/mqtt?key=1" }, trusted, { resume, maxPacketBytes: 1000 });
}

function serverOf(kind: "ws" | "wss"): Server {
  return kind === "ws" ? createServer() : createHttpsServer({ cert: identity.cert, key: identity.key });
}

async function connected(kind: "ws" | "wss") {
  const server = serverOf(kind);
  const webSockets = new WebSocketServer({ server, path: "/mqtt" });
  const accepted = new Promise<{ peer: WebSocket; socket: Socket; protocol: string; host: string }>(
    (resolve) => {
      webSockets.on("connection", (peer, { socket, headers }) => {
        peer.on("error", () => {});
        resolve({ peer, socket, protocol: peer.protocol, host: headers.host ?? "" });
      });
    },
  );
  const port = await listen(server);
  const heard = new Heard();
  const transport = opener(kind, port)(heard, { number: 0, endpoint: null, region: 0 });
  const [found] = await Promise.all([accepted, heard.until("open")]);
  await settle();
  return { heard, transport, port, ...found };
}

const STEPS = { ws: ["step websocket", "open"], wss: ["step tls", "step websocket", "open"] };

describe.each(["ws", "wss"] as const)("a connection over %s", (kind) => {
  it("opens with the subprotocol mqtt and carries binary frames both ways", async () => {
    const { heard, transport, peer, port, protocol, host } = await connected(kind);
    expect({ protocol, host }).toEqual({ protocol: "mqtt", host: `127.0.0.1:${port}` });
    const received = new Promise<{ text: string; isBinary: boolean }>((resolve) =>
      peer.once("message", (data, isBinary) => resolve({ text: String(data), isBinary })),
    );
    const bytes = Buffer.from("up");
    transport.write(bytes);
    expect(await received).toEqual({ text: "up", isBinary: true });
    // Prepared packets are shared: masking must not change them.
    expect(bytes.toString()).toBe("up");
    peer.send(Buffer.from("down"));
    await heard.until("bytes down");
    expect(heard.calls).toEqual([...STEPS[kind], "bytes down"]);
    transport.reset();
  });

  it("is ended with RST by reset, and its listener hears nothing more", async () => {
    const { heard, transport, socket } = await connected(kind);
    const end = endOf(socket);
    transport.reset();
    expect(await end).toBe("ECONNRESET");
    await settle();
    expect(heard.calls).toEqual(STEPS[kind]);
  });

  it("is ended with a close frame by close, after what was written", async () => {
    const { heard, transport, peer } = await connected(kind);
    const received: string[] = [];
    peer.on("message", (data) => received.push(String(data)));
    const closed = new Promise<number>((resolve) => peer.on("close", resolve));
    transport.write(Buffer.from("DISCONNECT"));
    transport.close();
    expect(await closed).toBe(1000);
    expect(received).toEqual(["DISCONNECT"]);
    expect(heard.calls).toEqual(STEPS[kind]);
  });

  it("closes without a failure when the peer closes", async () => {
    const { heard, peer } = await connected(kind);
    peer.close();
    await heard.until("closed null");
    await settle();
    expect(heard.calls).toEqual([...STEPS[kind], "closed null"]);
  });

  it("ends as websocket on a frame of text [MQTT-6.0.0-1], and on one that is too long", async () => {
    const text = await connected(kind);
    text.peer.send("text");
    await text.heard.until("closed websocket");
    const long = await connected(kind);
    long.peer.send(Buffer.alloc(70_000));
    await long.heard.until("closed websocket");
    await settle();
    expect(long.heard.calls).toEqual([...STEPS[kind], "closed websocket"]);
  });

  it.each(["close", "reset"] as const)("that is not open yet says nothing after %s", async (end) => {
    const port = await listen(serverOf(kind));
    const heard = new Heard();
    opener(kind, port)(heard, { number: 0, endpoint: null, region: 0 })[end]();
    await settle();
    expect(heard.calls).toEqual([]);
  });
});

describe("an upgrade that is refused", () => {
  it.each([
    [302, "websocket_3xx"],
    [404, "websocket_4xx"],
    [503, "websocket_5xx"],
    [200, "websocket"],
  ])("with status %i is %s", async (status, failure) => {
    const server = createServer((_request, response) => response.writeHead(status).end());
    server.on("upgrade", (_request, socket: Socket) => {
      socket.end(`HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`);
    });
    const port = await listen(server);
    const heard = new Heard();
    opener("ws", port)(heard, { number: 0, endpoint: null, region: 0 });
    await heard.closed();
    await settle();
    expect(heard.calls).toEqual(["step websocket", `closed ${failure}`]);
  });

  it("for want of the subprotocol is websocket", async () => {
    const server = createServer();
    new WebSocketServer({ server, handleProtocols: () => false });
    const port = await listen(server);
    const heard = new Heard();
    opener("ws", port)(heard, { number: 0, endpoint: null, region: 0 });
    await heard.closed();
    expect(heard.calls).toEqual(["step websocket", "closed websocket"]);
  });

  it("by nobody listening is tcp_refused", async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
    const heard = new Heard();
    opener("ws", port)(heard, { number: 0, endpoint: null, region: 0 });
    await heard.closed();
    expect(heard.calls).toEqual(["closed tcp_refused"]);
  });
});

it("wss resumes the device's session", async () => {
  const server = serverOf("wss");
  const webSockets = new WebSocketServer({ server });
  webSockets.on("connection", (peer) => {
    peer.on("error", () => {});
    peer.send(Buffer.from("ready"));
  });
  const open = opener("wss", await listen(server), true);
  const dialer = { number: 0, endpoint: null, region: 0 };
  for (const step of ["step websocket", "step websocket, resumed"]) {
    const heard = new Heard();
    const transport = open(heard, dialer);
    await heard.until("bytes ready");
    await settle();
    expect(heard.calls).toEqual(["step tls", step, "open", "bytes ready"]);
    transport.reset();
  }
});
