import type { FleetPlan } from "../script/plan.ts";
import type { TcpKind } from "../transport/tcp.ts";
import { handleProblem } from "../transport/tcp-self-test.ts";

/** What plain TCP goes over in this worker, and why it is not Node's own handle where that was wanted. */
export interface TcpChoice {
  kind: TcpKind;
  problem: string | null;
}

/** Node's own handle where it was tried and works, unless the script says `transport: net`. */
export async function chooseTcp({ settings }: FleetPlan): Promise<TcpChoice> {
  if (settings.transport === "net") return { kind: "net", problem: null };
  const problem = await handleProblem();
  return { kind: problem === null ? "handle" : "net", problem };
}
