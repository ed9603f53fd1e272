/** Who hears of a topic, held against a look at every subscription by itself. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesFilter } from "../../../engine/src/device/topic.ts";
import { Routes } from "../../../engine/src/forecast/routes.ts";

const level = fc.constantFrom("a", "b", "", "$x");
const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const filters = fc
  .tuple(
    fc.array(fc.oneof(level, fc.constant("+")), { maxLength: 3 }),
    fc.constantFrom([], ["#"], ["a"]),
    fc.constantFrom("", "", "$share/g/"),
  )
  .map(([levels, last, share]) => share + ([...levels, ...last].join("/") || "a"));
const changes = fc.array(
  fc.record({ isAdded: fc.boolean(), filter: filters, who: fc.constantFrom("d1", "d2", "d3") }),
  { maxLength: 30 },
);

describe("routes", () => {
  it("lead to those whose filters match, after any subscriptions and their ends", () => {
    fc.assert(
      fc.property(changes, topics, (all, topic) => {
        const routes = new Routes<string, number>();
        const subscriptions = new Map<string, Map<string, number>>();
        for (const [i, { isAdded, filter, who }] of all.entries()) {
          const members = subscriptions.get(filter) ?? new Map<string, number>();
          subscriptions.set(filter, members);
          if (isAdded) {
            routes.add(filter, who, i);
            members.set(who, i);
          } else {
            routes.remove(filter, who);
            members.delete(who);
          }
        }
        const expected = [...subscriptions].flatMap(([filter, members]) => {
          const own = filter.replace("$share/g/", "");
          if (members.size === 0 || !matchesFilter(own, topic)) return [];
          return [`${filter !== own} ${own} ${JSON.stringify([...members].toSorted())}`];
        });
        const found = routes
          .of(topic)
          .map(
            ({ filter, isShared, members }) =>
              `${isShared} ${filter} ${JSON.stringify([...members].toSorted())}`,
          );
        expect(found.toSorted()).toEqual(expected.toSorted());
      }),
      { numRuns: 2000, seed: 18 },
    );
  });
});
