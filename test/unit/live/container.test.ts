import { expect, it } from "vitest";
import { findContainer } from "../../../engine/src/live/container.ts";
import { FleetNumbers } from "../../../engine/src/live/fleet-numbers.ts";

const open = () => {
  throw new Error("nobody is asked");
};

it.each([
  ["a fleet of one container that is numbered has the ids of one machine", true, ""],
  ["where nobody says how many there are, Artillery's name keeps devices apart", false, "task-7f3a"],
] as const)("%s", async (_, isNumbered, name) => {
  const fleet = { containers: 1, isNumbered, index: null, rendezvous: null };
  const found = await findContainer({
    fleet,
    name: "task-7f3a",
    isFirst: true,
    numbers: new FleetNumbers(),
    open,
  });
  expect(found).toEqual({ container: { name, ordinal: 0, of: 1 }, place: null });
});
