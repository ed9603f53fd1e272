/** The part of https://github.com/davedoesdev/qlobber that is used here; it has no types of its own. */
declare module "qlobber" {
  export class Qlobber<Value> {
    constructor(options: {
      separator: string;
      wildcard_one: string;
      wildcard_some: string;
      match_empty_levels: boolean;
      max_words: number;
    });
    add(filter: string, value: Value): this;
    remove(filter: string, value: Value): this;
    match(topic: string): Value[];
  }
}
