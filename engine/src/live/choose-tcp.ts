import type { FleetPlan } from "../script/plan.ts";
import type { Target } from "../script/target.ts";
import type { TcpKind } from "../transport/tcp.ts";
import { handleProblem } from "../transport/tcp-self-test.ts";

/** What plain TCP goes over in this worker, and why it is not Node's own handle where that was wanted. */
export interface TcpChoice {
  kind: TcpKind;
  problem: string | null;
}

/** Node's own handle where it was tried and works, unless the script says `transport: net`. */
export async function chooseTcp({ settings, target, regions }: FleetPlan): Promise<TcpChoice> {
  const targets = [target, ...(regions?.list.map((region) => region.target) ?? [])];
  if (settings.transport === "net" || !targets.some(mayBePlain)) return { kind: "net", problem: null };
  const problem = await handleProblem();
  return { kind: problem === null ? "handle" : "net", problem };
}

/** The lab speaks TLS where its hook says so, which stands in another hook's step. */
function mayBePlain(target: Target): boolean {
  return target.kind === "lab" || target.endpoint.kind === "tcp";
}
