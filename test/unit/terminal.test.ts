/** Text of devices, brokers, commands and CSV files on its way to a terminal. */
import { expect, it } from "vitest";
import { log } from "../../engine/src/artillery.ts";
import { printable } from "../../engine/src/printable.ts";
import { engineLog } from "../support/engine-log.ts";

it.each([
  ["clear \u001b[2J the screen", "clear \\u{1b}[2J the screen"],
  ["a \u009b31m of eight bits", "a \\u{9b}31m of eight bits"],
  ["over\rwritten\u0008", "over\\u{d}written\\u{8}"],
  ["right \u202eto left", "right \\u{202e}to left"],
  ["half \ud83d", "half \\u{d83d}"],
  ["whole \u{1f4a9}", "whole \u{1f4a9}"],
])("%j is shown as %s", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

it("a line of ours keeps its line breaks and tabs, and nothing else that a terminal obeys", () => {
  const lines = engineLog();
  log("command x ended; stderr: a\n\tb \u001b]0;title\u0007");
  expect(lines).toEqual(["command x ended; stderr: a\n\tb \\u{1b}]0;title\\u{7}"]);
});
