import { connackReason } from "../transport/reason-codes.ts";
import type { TransportFailure } from "../transport/transport.ts";
import type { ProbeOutcome, ProbeStep } from "./probe-attempt.ts";

/** What is wrong with a target, as far as a probe can tell. */
export interface ProbeFinding {
  /** It would be wrong for every device, whatever the load: the run is over before it begins. */
  certain: boolean;
  /** What happened, with the name that devices' failures have. */
  said: string;
  /** What helps. */
  advice: string;
}

/** What the devices of a fleet have in common in their CONNECT, and so a refusal of the probe says of them. */
export interface SharedConnect {
  /** All speak the version of the probe. */
  version: boolean;
}

/** Null where the target does what it should. */
export function findingOf(outcome: ProbeOutcome, shared: SharedConnect): ProbeFinding | null {
  switch (outcome.kind) {
    case "reached":
      return null;
    case "failed":
      return failureFinding(outcome.during, outcome.failure);
    case "silent":
      return silence(outcome.during);
    case "unreadable":
      return {
        certain: false,
        said: "it answers CONNECT with something that is no MQTT (malformed)",
        advice: "is another protocol spoken at that port?",
      };
    case "refused":
      return refusal(outcome.code, shared);
  }
}

const CERTIFICATE =
  "give its authority as tls.ca and its name as tls.serverName, or go without: tls.insecure, or -k";
const THIS_MACHINE = "this machine is the limit, not the target";

interface FailureWords {
  certain: boolean;
  said: string;
  advice: string;
}

const FAILURES: Record<TransportFailure, FailureWords> = {
  tcp_refused: { certain: true, said: "the connection is refused", advice: "does a broker listen there?" },
  tcp_timeout: { certain: true, said: "nobody answers", advice: "is a firewall in between?" },
  tcp_unreachable: { certain: true, said: "there is no way to it", advice: "is it the right address?" },
  dns: { certain: true, said: "its name has no address", advice: "is it the right name?" },
  local_address: {
    certain: true,
    said: "this machine does not have the source address",
    advice: "mend localAddresses",
  },
  tls_certificate: {
    certain: true,
    said: "its certificate is not trusted, or of another name",
    advice: CERTIFICATE,
  },
  tls_alert: {
    certain: true,
    said: "it refuses the TLS handshake",
    advice: "does it want a certificate (tls.cert, tls.key), or another version of TLS?",
  },
  tls_client_certificate: {
    certain: true,
    said: "the devices' own certificate cannot be used",
    advice: "mend tls.cert and tls.key",
  },
  tls: {
    certain: true,
    said: "the TLS handshake fails",
    advice: "is TLS spoken at that port? mqtt:// and ws:// go without",
  },
  websocket: {
    certain: true,
    said: "the WebSocket upgrade fails",
    advice: "does the broker listen for WebSocket there?",
  },
  websocket_3xx: {
    certain: true,
    said: "the WebSocket upgrade is redirected",
    advice: "use the URL it goes to",
  },
  websocket_4xx: {
    certain: true,
    said: "the WebSocket upgrade is refused",
    advice: "is it the right path?",
  },
  websocket_5xx: {
    certain: false,
    said: "the server cannot do the WebSocket upgrade now",
    advice: "is it up?",
  },
  tcp_reset: { certain: false, said: "it resets the connection", advice: "is it a broker?" },
  tcp_error: { certain: false, said: "the connection fails", advice: "is it the right target?" },
  local_ports: { certain: false, said: "there is no free local port", advice: THIS_MACHINE },
  descriptors: { certain: false, said: "this process has no file left", advice: THIS_MACHINE },
  region_lost: { certain: false, said: "the region is lost", advice: "" },
  network_lost: { certain: false, said: "the network is lost", advice: "" },
};

function failureFinding(during: ProbeStep, failure: TransportFailure | null): ProbeFinding {
  if (failure === null && during === "connack") {
    return {
      certain: false,
      said: "it ends the connection without an answer to CONNECT",
      advice: "does it allow the probe's client id, and is the broker behind it up?",
    };
  }
  if (failure === null) {
    return { certain: false, said: `it ends the connection (${during})`, advice: "is it up?" };
  }
  const { certain, said, advice } = FAILURES[failure];
  // Once it is open, an alert alone says something of every device: TLS 1.3 asks for certificates after the handshake.
  const counts = certain && (during !== "connack" || failure === "tls_alert");
  return { certain: counts, said: `${said} (${failure})`, advice };
}

const SILENT: Record<ProbeStep, FailureWords & { name: string }> = {
  tcp: { certain: true, name: "tcp_timeout", said: "nobody answers", advice: "is a firewall in between?" },
  tls: {
    certain: false,
    name: "tls_timeout",
    said: "it takes the connection and does not answer the TLS handshake",
    advice: "is TLS spoken at that port?",
  },
  websocket: {
    certain: false,
    name: "websocket_timeout",
    said: "it takes the connection and does not answer the WebSocket upgrade",
    advice: "does the broker listen for WebSocket there?",
  },
  connack: {
    certain: false,
    name: "connack_timeout",
    said: "it takes the connection and does not answer CONNECT",
    advice: "is another protocol spoken at that port, or is the broker overloaded?",
  },
};

function silence(during: ProbeStep): ProbeFinding {
  const { certain, name, said, advice } = SILENT[during];
  return { certain, said: `${said} (${name})`, advice };
}

/** MQTT 3.1.1 table 3.1 and MQTT 5.0 table 3-1: what they say of every device, for all have it in common. */
const VERSION_CODES: readonly number[] = [1, 132];
const CREDENTIAL_CODES: readonly number[] = [4, 134];

function refusal(code: number, { version }: SharedConnect): ProbeFinding {
  const said = `it refuses CONNECT (connack.${connackReason(code)})`;
  if (VERSION_CODES.includes(code))
    return { certain: version, said, advice: "set protocolVersion to what it speaks: 4 is MQTT 3.1.1" };
  if (CREDENTIAL_CODES.includes(code))
    return { certain: true, said, advice: "mend username and password, which all devices have" };
  return { certain: false, said, advice: "it may refuse the probe's client id alone: the devices try" };
}
