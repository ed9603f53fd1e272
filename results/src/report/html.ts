/** HTML that is safe to put into a page as it is: made by `html` only. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | readonly Html[];

/** Template whose inserted texts are escaped. What is already `Html` is not, so forgetting to escape is not possible. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = strings[0] ?? "";
  for (const [i, part] of parts.entries()) text += render(part) + (strings[i + 1] ?? "");
  return { html: text };
}

/** Lets text of this package's own through: style sheet, browser code. */
export function trusted(text: string): Html {
  return { html: text };
}

export const NOTHING: Html = { html: "" };

function render(part: Part): string {
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map((one) => one.html).join("");
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Makes element content and quoted attributes. What is invisible or reorders the text around it is shown as its code. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (char) => ENTITIES[char] ?? "");
}

/** Line breaks and tabs stay, for a script has them. */
export function visible(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (char) =>
      char === "\n" || char === "\t" ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
    );
}

/** JSON that neither ends the `<script>` it stands in nor opens a comment, and is valid JavaScript as well. */
export function embeddedJson(value: unknown): Html {
  const escaped = JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return { html: escaped };
}
