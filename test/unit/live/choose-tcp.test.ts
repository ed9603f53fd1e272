import { afterEach, expect, it, vi } from "vitest";
import { chooseTcp } from "../../../engine/src/live/choose-tcp.ts";
import type { FleetPlan } from "../../../engine/src/script/plan.ts";
import { parseTarget } from "../../../engine/src/script/target.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

const planWith = (transport: "auto" | "net", ...urls: string[]): FleetPlan => {
  const [target, ...others] = [...urls, "mqtt://broker"].map(parseTarget);
  const regions = { list: others.map((other) => ({ target: other })) };
  return { settings: { transport }, target, regions } as unknown as FleetPlan;
};

it("is Node's own handle where it works, and net where the script says so", async () => {
  expect(await chooseTcp(planWith("auto"))).toEqual({ kind: "handle", problem: null });
  expect(await chooseTcp(planWith("net"))).toEqual({ kind: "net", problem: null });
});

it("is tried where any target may be plain TCP", async () => {
  const binding = vi.spyOn(process as unknown as { binding: () => unknown }, "binding");
  const tls = {
    settings: { transport: "auto" },
    target: parseTarget("wss://broker"),
    regions: null,
  } as FleetPlan;
  expect(await chooseTcp(tls)).toEqual({ kind: "net", problem: null });
  expect(binding).not.toHaveBeenCalled();
  expect((await chooseTcp(planWith("auto", "mqtts://a", "mqtt://b"))).kind).toBe("handle");
  expect((await chooseTcp({ ...tls, target: parseTarget("lab") } as FleetPlan)).kind).toBe("handle");
});

it("is net where Node does not give its handle out, and says why", async () => {
  vi.resetModules();
  vi.spyOn(process as unknown as { binding: () => unknown }, "binding").mockImplementation(() => {
    throw new Error("No such module: tcp_wrap");
  });
  const fresh = await import("../../../engine/src/live/choose-tcp.ts");
  expect(await fresh.chooseTcp(planWith("auto"))).toEqual({
    kind: "net",
    problem: "this Node does not give it out",
  });
});
