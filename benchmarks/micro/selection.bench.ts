import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { hashKey, hashRandom } from "../../engine/src/device/random.ts";
import { each, type Scale, type Table } from "./suite.ts";

export function tables({ batch }: Scale): Table[] {
  const generator = xoroshiro128plus(42);
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
  ];
}
