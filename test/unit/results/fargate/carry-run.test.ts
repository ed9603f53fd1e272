import { describe, expect, it } from "vitest";
import { type CarryOptions, carryRun } from "../../../../results/src/fargate/carry-run.ts";
import type { Task } from "../../../../results/src/fargate/cluster.ts";
import { Arrived } from "../../../../results/src/parts/arrived.ts";
import type { ObjectStore } from "../../../../results/src/parts/object-store.ts";
import { temporaryDirectory } from "../../../support/run-files.ts";

const LIST = "aws ecs list-tasks --region r --cluster c --started-by t1";

function awsError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** A launcher that ends by itself after so many looks. */
function carried(looks: number, parts: Partial<CarryOptions> & Pick<CarryOptions, "cluster">) {
  let exitCode: number | null = null;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = () => {
      exitCode = 0;
      resolve();
    };
  });
  let looked = 0;
  const cluster = {
    ...parts.cluster,
    tasks: () => {
      if (++looked >= looks) end();
      return parts.cluster.tasks();
    },
  };
  const launcher = {
    get exitCode() {
      return exitCode;
    },
    ended,
    stop: end,
    kill: end,
  };
  const empty: ObjectStore = {
    put: async () => {},
    list: async () => [],
    get: async () => new Uint8Array(),
  };
  const said: string[] = [];
  const run = carryRun({
    arrived: new Arrived(empty, "", temporaryDirectory()),
    hasBegun: async () => true,
    onLook: async () => {},
    say: (line) => said.push(line),
    listCommand: LIST,
    interrupt: new AbortController().signal,
    pollMs: 1,
    ...parts,
    launcher,
    cluster,
  });
  return run.then((result) => ({ result, said }));
}

describe("a run whose containers AWS does not tell", () => {
  const denied = async (): Promise<never> => {
    throw awsError("AccessDeniedException", "no ecs:ListTasks");
  };

  it("says why, once, fetches all the same, and says in the end what lists them", async () => {
    let fetched = 0;
    const { said, result } = await carried(5, {
      cluster: { tasks: denied, stop: async () => {}, logEnd: async () => [] },
      onLook: async () => {
        fetched++;
      },
    });
    expect(result.tasks).toEqual([]);
    expect(fetched).toBeGreaterThanOrEqual(5);
    expect(said).toEqual([
      "AWS does not tell how the containers do (AccessDeniedException: no ecs:ListTasks); it is asked again",
      `AWS does not tell whether containers still run, and cost money; this does: ${LIST}`,
      "  (aws ecs stop-task stops one)",
    ]);
  });

  it("in the end stops those that it told before", async () => {
    const task: Task = { arn: "arn/a", id: "a", hasStopped: false, stoppedAtMs: null, reason: "" };
    const stopped: string[] = [];
    let calls = 0;
    const { said } = await carried(3, {
      cluster: {
        tasks: () => (++calls < 3 ? Promise.resolve([task]) : denied()),
        stop: async ({ id }) => {
          stopped.push(id);
        },
        logEnd: async () => [],
      },
    });
    expect(stopped).toEqual(["a"]);
    expect(said).toContainEqual(expect.stringContaining(LIST));
  });

  it("for a moment only, says nothing of it in the end", async () => {
    let calls = 0;
    const { said } = await carried(4, {
      cluster: {
        tasks: () => (++calls === 2 ? denied() : Promise.resolve([])),
        stop: async () => {},
        logEnd: async () => [],
      },
      hasBegun: async () => {
        throw new Error("no bucket");
      },
    });
    expect(said).toEqual([
      expect.stringContaining("AWS does not tell whether the run has begun (Error: no bucket)"),
      expect.stringContaining("AccessDeniedException"),
    ]);
  });
});
