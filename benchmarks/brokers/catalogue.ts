import { CREDENTIAL_VARIABLES } from "../../engine/src/contract.ts";
import type {
  BrokerCatalogue,
  Contestant,
  RunningBroker as Running,
  ScenarioNeeds,
} from "../../results/src/comparison/contestant.ts";
import { watchTree } from "../processes/usage.ts";
import { type BrokerAdapter, type Certificates, whyNot } from "./adapter.ts";
import { ADAPTERS, adapterNamed } from "./adapters/index.ts";
import { BrokerError, RunningBroker } from "./running-broker.ts";

/** Brokers that `npm run compare` starts by name. Certificates are made once, when the first broker needs them. */
export function catalogueOf(certificates: () => Promise<Certificates>): BrokerCatalogue {
  return {
    names: ADAPTERS.map(({ name }) => name),
    find: async (name) => {
      const adapter = adapterNamed(name);
      return adapter === undefined ? null : contestantOf(adapter, certificates);
    },
  };
}

/** One that is not installed takes part all the same: its rows say so. */
async function contestantOf(
  adapter: BrokerAdapter,
  certificates: () => Promise<Certificates>,
): Promise<Contestant> {
  const installed = await adapter.installed();
  const { limits, notes } = adapter;
  return {
    facts: {
      name: adapter.name,
      title: adapter.title,
      version: "version" in installed ? installed.version : "not installed",
      notes: [
        `connections: ${limits.maxConnections}`,
        `accept queue: ${limits.acceptQueue}`,
        `persistence: ${limits.persistence}`,
        ...notes,
      ],
    },
    cannot: (needs) =>
      "reason" in installed
        ? `not installed: ${installed.reason} (npm run brokers:install -- ${adapter.name})`
        : whyNotThis(adapter, needs),
    start: (needs) => start(adapter, needs, certificates),
  };
}

function whyNotThis({ capabilities }: BrokerAdapter, needs: ScenarioNeeds): string | null {
  if (!capabilities.protocolVersions.includes(needs.protocolVersion)) {
    return `it does not speak MQTT ${needs.protocolVersion === 5 ? "5.0" : "3.1.1"}`;
  }
  return (
    (needs.tls ? whyNot(capabilities.tls) : null) ??
    (needs.persistentSessions ? whyNot(capabilities.persistentSessions) : null) ??
    (needs.restart ? whyNot(capabilities.restart) : null)
  );
}

async function start(
  adapter: BrokerAdapter,
  needs: ScenarioNeeds,
  certificates: () => Promise<Certificates>,
): Promise<Running> {
  const pem = needs.tls ? await certificates() : null;
  const broker = await RunningBroker.start(adapter, pem === null ? {} : { certificates: pem }).catch(
    (error) => {
      throw error instanceof BrokerError && error.log !== ""
        ? new Error(`${error.message}; its log ends: ${error.log.trim().split("\n").slice(-2).join(" | ")}`)
        : error;
    },
  );
  // A container's processes are not ours: only the command that started it is a process here.
  const watch = adapter.kind === "native" ? watchTree(() => broker.pid) : null;
  const before = watch?.usage() ?? null;
  let death: string | null = null;
  let restarting = false;
  const expectEnd = (): void => {
    void broker.ended.then((how) => {
      // A kill of ours is no death; after a restart there is a new process to listen to.
      if (!restarting) death = `the broker ended: ${how}`;
    });
  };
  expectEnd();
  return {
    url: needs.tls ? (broker.tlsUrl as string) : broker.url,
    env: {
      ...(pem === null ? {} : { BROKER_CA: pem.ca }),
      ...(adapter.credentials === undefined
        ? {}
        : {
            [CREDENTIAL_VARIABLES.username]: adapter.credentials.username,
            [CREDENTIAL_VARIABLES.password]: adapter.credentials.password,
          }),
    },
    usage: () => {
      if (watch === null || before === null) return null;
      const { cpuUs, peakRssBytes } = watch.usage();
      return { cpuSeconds: (cpuUs - before.cpuUs) / 1_000_000, peakMemoryBytes: peakRssBytes };
    },
    diedOf: () => death,
    restart: async () => {
      restarting = true;
      await broker.kill();
      try {
        await broker.run();
      } catch (error) {
        death = `the broker did not start again: ${(error as Error).message}`;
        throw error;
      }
      restarting = false;
      expectEnd();
    },
    stop: async () => {
      restarting = true;
      watch?.stop();
      await broker.stop();
    },
  };
}
