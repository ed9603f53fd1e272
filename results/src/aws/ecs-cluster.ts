import type { Cluster, Task } from "../fargate/cluster.ts";
import { type Client, loadSdk } from "./sdk.ts";

interface DescribedTask {
  taskArn: string;
  lastStatus?: string;
  stoppedAt?: Date;
  stoppedReason?: string;
  containers?: { name?: string; exitCode?: number; reason?: string }[];
}

/** Tasks of one call of DescribeTasks. */
const AT_A_TIME = 100;

/**
 * The tasks that Artillery's launcher starts: each is marked with the run's id.
 *
 * @throws NoSdk
 */
export function ecsCluster(cluster: string, region: string, testRunId: string): Cluster {
  const sdk = loadSdk<"ECSClient" | "ListTasksCommand" | "DescribeTasksCommand" | "StopTaskCommand">(
    "client-ecs",
  );
  const ecs = new sdk.ECSClient({ region }) as Client;
  const seen = new Set<string>();
  /** As they were first seen to have stopped: the launcher stops all of them once more, for a reason of its own. */
  const stopped = new Map<string, Task>();

  async function listNew(): Promise<void> {
    let nextToken: string | undefined;
    do {
      const query = { cluster, startedBy: testRunId, nextToken };
      const page = (await ecs.send(new sdk.ListTasksCommand(query))) as {
        taskArns?: string[];
        nextToken?: string;
      };
      for (const arn of page.taskArns ?? []) seen.add(arn);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  async function describe(arns: readonly string[]): Promise<Task[]> {
    const query = { cluster, tasks: arns };
    const { tasks = [] } = (await ecs.send(new sdk.DescribeTasksCommand(query))) as {
      tasks?: DescribedTask[];
    };
    for (const task of tasks.map(taskOf)) {
      if (task.hasStopped && !stopped.has(task.arn)) stopped.set(task.arn, task);
    }
    return tasks.map((task) => stopped.get(task.taskArn) ?? taskOf(task));
  }

  return {
    async tasks() {
      await listNew();
      const all = [...seen];
      const pages = Array.from({ length: Math.ceil(all.length / AT_A_TIME) }, (_, i) =>
        describe(all.slice(i * AT_A_TIME, (i + 1) * AT_A_TIME)),
      );
      return (await Promise.all(pages)).flat();
    },
    async stop({ arn }) {
      await ecs.send(
        new sdk.StopTaskCommand({ cluster, task: arn, reason: "mqtt-results: the run is over" }),
      );
    },
    async logEnd({ id }, limit) {
      const logs = loadSdk<"CloudWatchLogsClient" | "GetLogEventsCommand">("client-cloudwatch-logs");
      const client = new logs.CloudWatchLogsClient({ region }) as Client;
      const command = new logs.GetLogEventsCommand({
        // As `run-cluster.ts` of Artillery names them; `artillery` is the container.
        logGroupName: `artilleryio-log-group/${cluster}`,
        logStreamName: `artilleryio/${testRunId}/artillery/${id}`,
        limit,
        startFromHead: false,
      });
      const { events = [] } = (await client.send(command)) as { events?: { message?: string }[] };
      return events.map(({ message = "" }) => message);
    },
  };
}

function taskOf({
  taskArn,
  lastStatus,
  stoppedAt,
  stoppedReason = "",
  containers = [],
}: DescribedTask): Task {
  const hasStopped = lastStatus === "STOPPED";
  const own = containers.find(({ name }) => name === "artillery");
  const code = own?.exitCode === undefined ? [] : [`exit code ${own.exitCode}`];
  const reasons = [stoppedReason, own?.reason ?? "", ...code].filter((text) => text !== "");
  return {
    arn: taskArn,
    id: taskArn.split("/").at(-1) ?? "",
    hasStopped,
    stoppedAtMs: hasStopped ? (stoppedAt?.getTime() ?? Date.now()) : null,
    reason: hasStopped ? reasons.join("; ") : "",
  };
}
