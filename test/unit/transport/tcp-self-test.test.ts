import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { handleProblem } from "../../../engine/src/transport/tcp-self-test.ts";

it("Node's own TCP handle passes its trial here", async () => {
  expect(await handleProblem()).toBeNull();
});

it("under Node's permission model there is none, and it says so", () => {
  const module = new URL("../../../engine/src/transport/tcp-self-test.ts", import.meta.url);
  const program = `import { handleProblem } from ${JSON.stringify(module)}; console.log(await handleProblem());`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--permission", "--allow-fs-read=*", "--input-type=module", "--eval", program],
    // A cache of compiled code would be written.
    { encoding: "utf8", env: { ...process.env, NODE_COMPILE_CACHE: undefined } },
  );
  expect([stdout, stderr]).toEqual(["this Node does not give it out\n", ""]);
});
