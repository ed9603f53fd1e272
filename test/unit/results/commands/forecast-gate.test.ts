import { expect, it } from "vitest";
import { forecastCommand, scriptOf } from "../../../support/forecast-command.ts";

it("a forecast whose gate is wrong does not run", async () => {
  const { code, err, name } = await forecastCommand([scriptOf({ plugin: { fail: { lost: -1 } } })]);
  expect({ code, name }).toEqual({ code: 1, name: "" });
  expect(err).toContain("config.plugins.mqtt-results.fail.lost: -1 is not allowed; allowed: a whole number");
});
