/** What a scenario's name says of it, in the pattern of EMQX's open MQTT benchmark suite. */
export interface ScenarioFacts {
  kind: "storm" | "conn" | "restart" | "overload";
  transport: string;
  devices: number;
  /** Share of the fleet that the largest storm takes, 0..1; null without storms. */
  fraction: number | null;
  /** Back-off policy or preset. */
  policy: string;
}

/** `singlenode-storm-tcp-10K-100pct-fulljitter` */
export function scenarioName({ kind, transport, devices, fraction, policy }: ScenarioFacts): string {
  const parts = ["singlenode", kind, transport, thousands(devices)];
  if (fraction !== null) parts.push(`${Number((fraction * 100).toPrecision(3))}pct`);
  parts.push(policy.toLowerCase().replace(/[^a-z0-9]/g, ""));
  return parts.join("-");
}

function thousands(devices: number): string {
  return devices >= 1000 ? `${Number((devices / 1000).toPrecision(3))}K` : String(devices);
}
