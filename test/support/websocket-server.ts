import { createRequire } from "node:module";

/** The engine's `ws`: what the root resolves is an older one, of Artillery's. */
const ws = createRequire(new URL("../../engine/package.json", import.meta.url))("ws") as typeof import("ws");

export const WebSocketServer: typeof ws.WebSocketServer = ws.WebSocketServer;
export const createWebSocketStream: typeof ws.createWebSocketStream = ws.createWebSocketStream;
