import { describe, expect, it } from "vitest";
import { runCommand } from "../../engine/src/storm/command.ts";
import { runWithFewDescriptors } from "../support/descriptor-limit.ts";
import { eventually } from "../support/device-fleet.ts";

function run(command: string[], timeoutMs = 20_000) {
  const lines: string[] = [];
  const stop = runCommand({ command, timeoutMs }, (line) => lines.push(line));
  return { lines, stop, ended: () => eventually(() => lines.length === 1, 15_000) };
}

const node = (code: string): string[] => [process.execPath, "-e", code];
/** Starts a child of its own, whose process id it writes to stderr. */
const WITH_CHILD =
  "const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); console.error('child ' + c.pid); setInterval(() => {}, 1000)";

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("a command", () => {
  it("tells its exit code and what it wrote to stderr, masked", async () => {
    const { lines, ended } = run(
      node("console.error('mqtt://user:hunter2@broker is down'); process.exitCode = 4"),
    );
    await ended();
    expect(lines[0]).toMatch(/ended with exit code 4 after \d+ ms; stderr: mqtt:\/\/\*\*\*@broker is down$/);
  });

  it("shows the end of a long stderr only", async () => {
    const { lines, ended } = run(node("console.error('x'.repeat(5000) + 'the end')"));
    await ended();
    expect(lines[0]).toMatch(/x{493}the end$/);
    expect(lines[0]?.length).toBeLessThan(700);
  });

  it("is read by no shell", async () => {
    const { lines, ended } = run([...node("console.error(process.argv[1])"), "$HOME; exit 9"]);
    await ended();
    expect(lines[0]).toMatch(/exit code 0 .*stderr: \$HOME; exit 9$/);
  });

  it("that is not there is told", async () => {
    const { lines, ended, stop } = run(["no-such-program-anywhere"]);
    await ended();
    expect(lines[0]).toMatch(/^command no-such-program-anywhere could not be started \(ENOENT\)/);
    stop();
  });

  it("shows no secret: in its name, in what it says of its arguments", async () => {
    const whole = run(["curl -u admin:hunter2 http://127.0.0.1/"]);
    await whole.ended();
    expect(whole.lines[0]).toMatch(/^command curl -u \*\*\* http:\/\/127.0.0.1\/ could not be started/);
    const echo = run([
      ...node("console.error('cannot log in with', process.argv[2])"),
      "--",
      "--password",
      "hunter2",
    ]);
    await echo.ended();
    expect(echo.lines[0]).toMatch(/stderr: cannot log in with \*\*\*$/);
  });

  it("that cannot be one is told: a program below a file", async () => {
    const { lines, ended, stop } = run(["/etc/hosts/restart"]);
    await ended();
    expect(lines[0]).toMatch(/^command \/etc\/hosts\/restart could not be started \(ENOTDIR\)/);
    stop();
  });

  it("for which there is no file descriptor left is told", async () => {
    const program = `
      import { openSync } from "node:fs";
      import { runCommand } from ${JSON.stringify(new URL("../../engine/src/storm/command.ts", import.meta.url))};
      try { for (;;) openSync("/dev/null", "r"); } catch {}
      runCommand({ command: ["true"], timeoutMs: 1000 }, console.log);
    `;
    const { stdout, stderr } = await runWithFewDescriptors(program);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^command true could not be started \(EMFILE\)/);
  });

  it.each([
    ["its time is over", 3000, "not over after 3 s"],
    ["the run is", 60_000, "the run is over"],
  ])("is killed with all that it started when %s", async (_when, timeoutMs, reason) => {
    const { lines, ended, stop } = run(node(WITH_CHILD), timeoutMs);
    if (timeoutMs > 3000) setTimeout(stop, 3000);
    await ended();
    expect(lines[0]).toContain(`was killed (${reason})`);
    const child = Number(/child (\d+)/.exec(lines[0] ?? "")?.[1]);
    expect(child).toBeGreaterThan(0);
    await eventually(() => !isAlive(child), 5000);
  });
});
