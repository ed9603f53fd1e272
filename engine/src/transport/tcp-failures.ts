import type { TransportFailure } from "./transport.ts";

const FAILURE_OF_CODE: Record<string, TransportFailure> = {
  ECONNREFUSED: "tcp_refused",
  ETIMEDOUT: "tcp_timeout",
  ECONNRESET: "tcp_reset",
  EPIPE: "tcp_reset",
  EHOSTUNREACH: "tcp_unreachable",
  ENETUNREACH: "tcp_unreachable",
  EADDRNOTAVAIL: "local_ports",
  EADDRINUSE: "local_ports",
  EMFILE: "descriptors",
  ENFILE: "descriptors",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
};

export function failureOf(error: NodeJS.ErrnoException): TransportFailure {
  // bind() says so of an address that no interface has; connect() says it when ports have run out.
  if (error.code === "EADDRNOTAVAIL" && error.syscall === "bind") return "local_address";
  return FAILURE_OF_CODE[error.code ?? ""] ?? "tcp_error";
}
