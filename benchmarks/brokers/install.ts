/**
 * `npm run brokers:install -- NAME…`: installs brokers of the comparison. `--list`: prints what can be had and what is.
 * Exit codes: 0 all are installed, 1 one could not be, 2 wrong arguments.
 */
import { printableLines } from "../../engine/src/contract.ts";
import type { BrokerAdapter, Capability } from "./adapter.ts";
import { whyNot } from "./adapter.ts";
import { ADAPTERS, adapterNamed } from "./adapters/index.ts";

/** Versions, reasons and errors are what a program said of itself. */
function say(text: string): void {
  console.log(printableLines(text));
}

async function list(): Promise<void> {
  const words = (name: string, capability: Capability): string => {
    const reason = whyNot(capability);
    return `    ${name.padEnd(12)} ${reason === null ? "yes" : `no: ${reason}`}`;
  };
  for (const adapter of ADAPTERS) {
    const found = await adapter.installed();
    const { capabilities, limits } = adapter;
    const state = "version" in found ? found.version : `not installed: ${found.reason}`;
    say(`${adapter.name.padEnd(16)} ${state}`);
    say(`    ${adapter.title} (${adapter.vendor}, ${adapter.licence}) ${adapter.url}`);
    say(
      `    MQTT         ${capabilities.protocolVersions.map((level) => (level === 4 ? "3.1.1" : "5.0")).join(", ")}`,
    );
    say(words("TLS", capabilities.tls));
    say(words("sessions", capabilities.persistentSessions));
    say(words("restart", capabilities.restart));
    say(`    connections  ${limits.maxConnections}; accept queue ${limits.acceptQueue}`);
    say(`    persistence  ${limits.persistence}`);
    for (const note of adapter.notes) say(`    note         ${note}`);
  }
}

async function install(adapter: BrokerAdapter): Promise<boolean> {
  const { name, needs } = adapter;
  const before = await adapter.installed();
  if ("version" in before) {
    say(`${name}: ${before.version} is installed`);
    return true;
  }
  const programs = needs.programs.length === 0 ? "" : `, with ${needs.programs.join(", ")}`;
  say(`${name}: ${needs.what}, from ${needs.source}${programs}; about ${needs.downloadMB} MB to download`);
  try {
    await adapter.install((line) => say(`  ${line}`));
  } catch (error) {
    console.error(printableLines(`${name}: ${(error as Error).message}`));
    return false;
  }
  const after = await adapter.installed();
  const ok = "version" in after;
  say(ok ? `${name}: ${after.version} is installed` : `${name}: still not there: ${after.reason}`);
  return ok;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--list")) {
    await list();
    return 0;
  }
  const adapters = args.map(adapterNamed);
  const unknown = args.filter((_, i) => adapters[i] === undefined);
  if (args.length === 0 || unknown.length > 0) {
    if (unknown.length > 0) console.error(`no such broker: ${unknown.join(", ")}`);
    console.error(
      `usage: brokers:install -- NAME… | --list\nNAME: ${ADAPTERS.map(({ name }) => name).join(", ")}`,
    );
    return 2;
  }
  let failed = 0;
  for (const adapter of adapters) if (adapter !== undefined && !(await install(adapter))) failed++;
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
