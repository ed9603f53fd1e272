/** It brings no types; https://github.com/yunyu/parse-prometheus-text-format */
declare module "parse-prometheus-text-format" {
  export default function parse(
    text: string,
  ): { name: string; type: string; metrics: { value: string; labels?: Record<string, string> }[] }[];
}
