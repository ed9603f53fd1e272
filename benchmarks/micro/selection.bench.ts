import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { hashKey, hashRandom } from "../../engine/src/device/random.ts";
import { selectionLimit, stormKey } from "../../engine/src/storm/selection.ts";
import { each, type Scale, type Table } from "./suite.ts";

export function tables({ batch, fleet }: Scale): Table[] {
  const generator = xoroshiro128plus(42);
  const roster = [{ container: "", worker: 1, workers: 1, devices: fleet }];
  const limit = selectionLimit(42, 1, 0.25, roster);
  return [
    {
      title: "random numbers",
      operation: "draw",
      cases: [
        each("engine: hashRandom, no state", batch, (i) => hashRandom(42, i, 0)),
        each("engine: hashKey, 53 bits", batch, (i) => hashKey(42, 1, i)),
        each("pure-rand: xoroshiro128+, one generator", batch, () => uniformFloat64(generator)),
      ],
    },
    {
      title: `choose 25 % of ${fleet} devices`,
      operation: "device",
      cases: [
        {
          name: "engine: the limit, half a second before the storm",
          operations: fleet,
          run: () => selectionLimit(42, 1, 0.25, roster),
        },
        {
          name: "engine: who is below it, in the storm's pass",
          operations: fleet,
          run: () => {
            let chosen = 0;
            for (let number = 0; number < fleet; number++) if (stormKey(42, 1, 0, number) <= limit) chosen++;
            return chosen;
          },
        },
        {
          name: "a draw for each device: not the exact share",
          operations: fleet,
          run: () => {
            let chosen = 0;
            for (let number = 0; number < fleet; number++) if (uniformFloat64(generator) < 0.25) chosen++;
            return chosen;
          },
        },
      ],
    },
  ];
}
