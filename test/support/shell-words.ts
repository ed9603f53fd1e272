/** As much of a shell's language as the pages use: to read their commands, never to run them. */

export interface ShellCommand {
  /** As it stands on the page, without its comment. */
  text: string;
  /** The program and its arguments, quotes and assignments taken away. */
  words: string[];
}

const TOKENS = /'[^']*'|"[^"]*"|\$\([^)]*\)|&&|\|\||[|;]|\d?>+|(?:\\.|[^\s'"|;&>$]|\$(?!\())+/g;

/** Commands of a block, one after the other, whatever joins them. Redirections are no part of one. */
export function commandsOf(block: string): ShellCommand[] {
  return block
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .flatMap((line) => {
      const commands: ShellCommand[] = [];
      let words: string[] = [];
      const end = (): void => {
        while (/^\w+=/.test(words[0] ?? "")) words.shift();
        if (words.length > 0) commands.push({ text: words.join(" "), words });
        words = [];
      };
      let isTarget = false;
      for (const [token] of line.replace(/(^|\s)#.*$/, "").matchAll(TOKENS)) {
        if (["&&", "||", "|", ";"].includes(token)) end();
        else if (/^\d?>+$/.test(token)) isTarget = true;
        else if (isTarget) isTarget = false;
        else words.push(token.replace(/^(['"])(.*)\1$/, "$2"));
      }
      end();
      return commands;
    });
}
