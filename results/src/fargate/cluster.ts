/** One container of the run, as ECS has it. */
export interface Task {
  arn: string;
  /** The last part of its ARN: the name of its results, and Artillery's WORKER_ID. */
  id: string;
  hasStopped: boolean;
  /** Epoch milliseconds; null while it runs. */
  stoppedAtMs: number | null;
  /** Why it stopped, as ECS puts it; empty while it runs. */
  reason: string;
}

/** Where the containers of a run are. */
export interface Cluster {
  /** Containers of the run, those that have stopped as well once they were seen. */
  tasks(): Promise<Task[]>;
  /** The last lines of what a container printed. */
  logEnd(task: Task, lines: number): Promise<string[]>;
  stop(task: Task): Promise<void>;
}
