import { Agent, request } from "node:http";

/** What the lab's auth service has done since it started; it says so itself, at `AUTH_COUNT_PATH`. */
export interface AuthCount {
  /** Everything that was asked, by the broker and by scripts. */
  asked: number;
  answered: number;
  /** Came when the queue was full. */
  refused: number;
}

export const AUTH_COUNT_PATH = "/count";

/** Refused as a broker does that cannot reach what it authenticates with: MQTT 3.1.1 section 3.2.2.3. */
export const SERVER_UNAVAILABLE = 3;

/** Asks the auth service whether a client may connect. */
export type AskAuth = (answered: (isAllowed: boolean) => void) => void;

/** @param url of the service */
export function createAskAuth(url: string): AskAuth {
  // As many at a time as there are CONNECTs: what waits, waits in the service's own queue.
  const agent = new Agent({ keepAlive: true });
  return (answered) => {
    let isAnswered = false;
    const settle = (isAllowed: boolean): void => {
      if (isAnswered) return;
      isAnswered = true;
      answered(isAllowed);
    };
    const call = request(url, { agent }, (response) => {
      response.resume();
      response.on("end", () => settle(response.statusCode === 200));
      response.on("error", () => settle(false));
    });
    call.on("error", () => settle(false));
    call.end();
  };
}
