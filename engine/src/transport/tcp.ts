import type { TCP_KINDS } from "../contract.ts";
import { anyAddress, type LocalEnd } from "./local-end.ts";
import { handles } from "./tcp-binding.ts";
import { createHandleTcp } from "./tcp-handle.ts";
import { createSocketTcp } from "./tcp-socket.ts";
import type { OpenTransport } from "./transport.ts";

/** What plain TCP goes over: Node's own TCP handle, or `net.Socket`, which costs more. */
export type TcpKind = (typeof TCP_KINDS)[number];

/** Opens TCP connections to one host and port. */
export function createTcp(
  host: string,
  port: number,
  local: LocalEnd = anyAddress(null),
  kind: TcpKind = "net",
): OpenTransport {
  const binding = kind === "handle" ? handles() : null;
  return binding === null ? createSocketTcp(host, port, local) : createHandleTcp(binding, host, port, local);
}
