import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { endWhenReaderLeaves } from "../../../../results/src/commands/closed-pipe.ts";

function failing(code: string): { codes: number[]; fail: () => void } {
  const [out, err] = [new EventEmitter(), new EventEmitter()];
  const codes: number[] = [];
  endWhenReaderLeaves([out, err], (exit) => codes.push(exit));
  return { codes, fail: () => void err.emit("error", Object.assign(new Error("write"), { code })) };
}

it("a reader that went away ends the command as SIGPIPE would", () => {
  const { codes, fail } = failing("EPIPE");
  fail();
  expect(codes).toEqual([141]);
});

it("any other error of a stream is not hidden", () => {
  const { codes, fail } = failing("EIO");
  expect(fail).toThrow("write");
  expect(codes).toEqual([]);
});
