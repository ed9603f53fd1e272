import type { OnEnded } from "./child.ts";
import { type Lab, type LabOptions, startLab } from "./lab.ts";

/** What a `lab` step starts. */
export interface LabPlan {
  /** This lab is at `config.target`; null where everything there is the user's own. */
  main: LabOptions | null;
  /** One lab for each region that has anything to start, in the script's order. */
  regions: readonly { name: string; options: LabOptions }[];
}

export type LabAddresses = Pick<Lab, "target" | "http" | "auth" | "certificate">;

export interface StartedLabs {
  main: LabAddresses | null;
  regions: Record<string, LabAddresses>;
  /** One line for each lab. */
  descriptions: string[];
  stop(): Promise<void>;
}

/** Starts all of them side by side. Rejects with the first that could not be started; nothing is then left running. */
export async function startLabs(
  { main, regions }: LabPlan,
  onEnded: OnEnded = () => {},
): Promise<StartedLabs> {
  const starting = [
    ...(main === null ? [] : [startLab(main, onEnded)]),
    ...regions.map(({ name, options }) =>
      startLab(options, (what, how) => onEnded(`${what} of region ${name}`, how)),
    ),
  ];
  const settled = await Promise.allSettled(starting);
  const labs = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(labs.map((lab) => lab.stop()));
  };
  const failed = settled.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const ofRegions = main === null ? labs : labs.slice(1);
  const named = ofRegions.map((lab, i) => ({ name: regions[i]?.name ?? "", lab }));
  return {
    main: main === null ? null : addresses(labs[0] as Lab),
    regions: Object.fromEntries(named.map(({ name, lab }) => [name, addresses(lab)])),
    descriptions: [
      ...(main === null ? [] : [(labs[0] as Lab).description]),
      ...named.map(({ name, lab }) => lab.description.replace("mqtt lab:", `mqtt lab, region ${name}:`)),
    ],
    stop,
  };
}

function addresses({ target, http, auth, certificate }: Lab): LabAddresses {
  return { target, http, auth, certificate };
}
