import type { ContestantFacts } from "./comparison.ts";
import type { BrokerUsage } from "./round.ts";

/** A broker that takes part: one that the user runs, by its URL, or one that is started for each round. */
export interface Contestant {
  facts: ContestantFacts;
  /** Why it cannot do what the scenario asks; null where it can. */
  cannot(needs: ScenarioNeeds): string | null;
  /** The broker is ready for devices when this resolves. Rejects with a sentence. */
  start(needs: ScenarioNeeds): Promise<RunningBroker>;
}

/** Brokers that can be started for the user, by name. */
export interface BrokerCatalogue {
  names: readonly string[];
  /** Gives null where there is none of that name. */
  find(name: string): Promise<Contestant | null>;
}

/** What a scenario asks of a broker, as its script says. */
export interface ScenarioNeeds {
  protocolVersion: 4 | 5;
  tls: boolean;
  /** Sessions that outlive a connection. */
  persistentSessions: boolean;
  /** The broker itself is killed and started again in mid-run. */
  restart: boolean;
}

export interface RunningBroker {
  url: string;
  /** More environment for `artillery run`: credentials, a CA file. */
  env: Readonly<Record<string, string>>;
  /** Gives null where the broker does not run here. */
  usage(): BrokerUsage | null;
  /** Why it is not running any more; null while it is. */
  diedOf(): string | null;
  /** Sends SIGKILL and starts it again on the same port; null where it is not ours to restart. */
  restart: (() => Promise<void>) | null;
  stop(): Promise<void>;
}
