import { describe, expect, test } from "vitest";
import { captureTopic, fillPattern } from "../../../engine/src/lab/topic-pattern.ts";

describe("captureTopic", () => {
  test.each([
    ["config/+/get", "config/dev-1/get", ["dev-1"]],
    ["config/+/get", "config//get", [""]],
    ["+/config/+", "eu/config/dev-1", ["eu", "dev-1"]],
    ["config/#", "config/dev-1/get", ["dev-1/get"]],
    ["config/#", "config", [""]],
    ["+/+/#", "eu/dev-1/a/b", ["eu", "dev-1", "a/b"]],
    ["#", "a/b", ["a/b"]],
    ["config/get", "config/get", []],
    ["config/+/get", "config/dev-1/set", null],
    ["config/+/get", "config/dev-1", null],
    ["config/+/get", "config/dev-1/get/now", null],
    ["config/+", "config", null],
    ["$aws/things/+/shadow/get", "$aws/things/dev-1/shadow/get", ["dev-1"]],
  ])("%s of %s", (filter, topic, captures) => {
    expect(captureTopic(filter, topic)).toEqual(captures);
  });
});

describe("fillPattern", () => {
  test.each([
    ["config/$1", ["dev-1"], "config/dev-1"],
    ["$2/$1/$2", ["a", "b"], "b/a/b"],
    ['{"version":1,"topics":["commands/$1"]}', ["dev-1"], '{"version":1,"topics":["commands/dev-1"]}'],
    ["config/$1", ["$2", "x"], "config/$2"],
    ["$aws/$1/$3/$0", ["a"], "$aws/a/$3/$0"],
    ["plain", ["a"], "plain"],
    ["config/$1/$2", ["a", "7"], "config/a/7"],
    ["config/$1/$2", ["a", ""], "config/a"],
    ["$1/x", [""], "/x"],
  ])("%s of %j", (pattern, captures, filled) => {
    expect(fillPattern(pattern, captures)).toBe(filled);
  });
});
