/** Plays ECS: each task that the account lists is run as a session of processes of this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { aws } from "./account.ts";
import type { Image } from "./image.ts";

const CLUSTER = "artilleryio-cluster";
const POLL_MS = 500;
/** ECS kills a task so long after it was told to stop: `stopTimeout`. */
const STOP_TIMEOUT_MS = 30_000;

interface Setting {
  name: string;
  value: string;
}

interface Task {
  taskArn: string;
  taskDefinitionArn: string;
  startedBy?: string;
  overrides: { containerOverrides: { name: string; command: string[]; environment: Setting[] }[] };
}

interface Definition {
  name: string;
  secrets?: { name: string; valueFrom: string }[];
  ulimits?: { name: string; softLimit: number; hardLimit: number }[];
  logConfiguration?: { options: Record<string, string> };
}

export interface Container {
  /** The last part of the task's ARN: Artillery's WORKER_ID. */
  id: string;
  testRunId: string;
  isLeader: boolean;
  logPath: string;
  hasEnded: boolean;
  /** As a host does that is taken away: without a word. */
  kill(): void;
  /** As ECS does: to the first process. */
  terminate(): void;
}

interface Options {
  image: Image;
  /** What containers leave is below it. */
  folder: string;
  /** More environment of every container. */
  env: Record<string, string>;
}

export class EcsAgent {
  readonly containers: Container[] = [];
  readonly #options: Options;
  readonly #ecs = aws("client-ecs", "ECSClient");
  readonly #ssm = aws("client-ssm", "SSMClient");
  readonly #logs = aws("client-cloudwatch-logs", "CloudWatchLogsClient");
  readonly #children = new Map<string, ChildProcess>();
  readonly #told = new Set<string>();
  readonly #metadata: Server;
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: Options) {
    this.#options = options;
    // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html
    this.#metadata = createServer((request, response) => {
      const [, TaskARN = ""] = /^\/(.+)\/task$/.exec(decodeURIComponent(request.url ?? "")) ?? [];
      response.end(JSON.stringify({ TaskARN }));
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((done) => this.#metadata.listen(0, "127.0.0.1", done));
    // Sessions outlive whoever is killed.
    process.once("exit", () => this.#killAll());
    this.#lookLater();
  }

  #killAll(): void {
    for (const container of this.containers) if (!container.hasEnded) container.kill();
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#looking;
    this.#killAll();
    this.#metadata.close();
  }

  #lookLater(): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look()
        .catch(() => {})
        .finally(() => {
          if (this.#timer !== null) this.#lookLater();
        });
    }, POLL_MS);
  }

  async #look(): Promise<void> {
    for (const arn of await this.#tasks("RUNNING")) {
      if (this.#children.has(arn)) continue;
      const { tasks } = await this.#ecs<{ tasks: Task[] }>("DescribeTasks", {
        cluster: CLUSTER,
        tasks: [arn],
      });
      if (tasks[0] !== undefined) await this.#run(tasks[0]);
    }
    for (const arn of await this.#tasks("STOPPED")) {
      if (this.#told.has(arn)) continue;
      this.#told.add(arn);
      const child = this.#children.get(arn);
      child?.kill("SIGTERM");
      setTimeout(() => killSession(child), STOP_TIMEOUT_MS).unref();
    }
  }

  async #tasks(desiredStatus: string): Promise<string[]> {
    const query = { cluster: CLUSTER, desiredStatus };
    return (await this.#ecs<{ taskArns: string[] }>("ListTasks", query)).taskArns;
  }

  async #run(task: Task): Promise<void> {
    const { taskDefinition } = await this.#ecs<{ taskDefinition: { containerDefinitions: Definition[] } }>(
      "DescribeTaskDefinition",
      { taskDefinition: task.taskDefinitionArn },
    );
    const definition = taskDefinition.containerDefinitions.find(({ name }) => name === "artillery");
    const override = task.overrides.containerOverrides.find(({ name }) => name === "artillery");
    if (definition === undefined || override === undefined) throw new Error("a task that is not Artillery's");
    const id = task.taskArn.split("/").at(-1) ?? "";
    const { image, folder } = this.#options;
    const root = join(folder, id);
    for (const name of ["home", "work", "tmp"]) mkdirSync(join(root, name), { recursive: true });
    const own = Object.fromEntries(override.environment.map(({ name, value }) => [name, value]));
    const { port } = this.#metadata.address() as AddressInfo;
    const env = {
      ...image.env,
      ...this.#options.env,
      LANG: "C.UTF-8",
      HOME: join(root, "home"),
      TMPDIR: join(root, "tmp"),
      WORKER_VERSION: "emulated",
      ARTILLERY_DISABLE_TELEMETRY: "true",
      ECS_CONTAINER_METADATA_URI_V4: `http://127.0.0.1:${port}/${encodeURIComponent(task.taskArn)}`,
      ...(await this.#secrets(definition)),
      ...own,
    };
    const logPath = join(root, "log.txt");
    const output = openSync(logPath, "w");
    const files = definition.ulimits?.find(({ name }) => name === "nofile")?.softLimit ?? 1024;
    // A host that allows less is no reason to fail: tests have few devices. A session of its own: all of its processes can be
    // told and ended together, and `pgrep` sees no others.
    const limited = 'ulimit -n "$0" 2> /dev/null; exec "$@"';
    const child = spawn("bash", ["-c", limited, String(files), image.worker, ...override.command], {
      cwd: join(root, "work"),
      env,
      detached: true,
      stdio: ["ignore", output, output],
    });
    this.#children.set(task.taskArn, child);
    const container: Container = {
      id,
      testRunId: own["ARTILLERY_TEST_RUN_ID"] ?? "",
      isLeader: own["IS_LEADER"] === "true",
      logPath,
      hasEnded: false,
      kill: () => killSession(child),
      terminate: () => child.kill("SIGTERM"),
    };
    this.containers.push(container);
    child.once("close", (code, signal) => {
      container.hasEnded = true;
      killSession(child);
      void this.#ended(task.taskArn, container, definition, code ?? (signal === "SIGKILL" ? 137 : 143));
    });
  }

  /** What the role of the task's execution reads. */
  async #secrets({ secrets = [] }: Definition): Promise<Record<string, string>> {
    const pairs = secrets.map(async ({ name, valueFrom }) => {
      const Name = valueFrom.slice(valueFrom.indexOf(":parameter") + ":parameter".length);
      const { Parameter } = await this.#ssm<{ Parameter: { Value: string } }>("GetParameter", {
        Name,
        WithDecryption: true,
      });
      return [name, Parameter.Value] as const;
    });
    return Object.fromEntries(await Promise.all(pairs));
  }

  async #ended(task: string, container: Container, definition: Definition, code: number): Promise<void> {
    await this.#keepLog(container, definition).catch(() => {});
    await this.#ecs("StopTask", {
      cluster: CLUSTER,
      task,
      reason: `Essential container in task exited (exit code ${code})`,
    }).catch(() => {});
  }

  /** As the log driver awslogs does. */
  async #keepLog({ id, logPath }: Container, { logConfiguration }: Definition): Promise<void> {
    const { options = {} } = logConfiguration ?? {};
    const logGroupName = options["awslogs-group"];
    const logStreamName = `${options["awslogs-stream-prefix"]}/artillery/${id}`;
    await this.#logs("CreateLogGroup", { logGroupName }).catch(() => {});
    await this.#logs("CreateLogStream", { logGroupName, logStreamName });
    const lines = readFileSync(logPath, "utf8").split("\n").slice(-500);
    const timestamp = Date.now();
    const logEvents = lines.map((message) => ({ timestamp, message: message === "" ? " " : message }));
    await this.#logs("PutLogEvents", { logGroupName, logStreamName, logEvents });
  }
}

function killSession(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // All of its processes have ended.
  }
}
