/**
 * Whole words of a name that speak of a secret. A user name is one: ThingsBoard's access token is given as it. `author`
 * and `keepalive` are other words, and none.
 */
const SECRET_WORDS = new Set(
  `auth oauth authn authorization authorisation authentication bearer cookie cookies cred creds jwt otp pfx pin pins psk
  pw sas sig signature username`.split(/\s+/),
);

/** Parts of a name that are enough, for a mask too many costs nothing: `mypassword`, `apitoken`, `credentials`. */
const SECRET_PART = /pass|pwd|secret|token|credential/;

/** Whether what stands under this name is not to be shown: `apiKey`, `X-Auth`, `sharedAccessSignature`, `client_secret`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
  return (
    words.some((word, index) => {
      const isUserName = word === "user" && words[index + 1] === "name";
      return isUserName || SECRET_WORDS.has(word) || SECRET_PART.test(word);
    }) || /keys?$/.test(words.at(-1) ?? "")
  );
}

/** What the settings of an authentication service as a back end say, and no secret: `lab: { auth: { capacity, … } }`. */
const BACK_END_KEYS: ReadonlySet<string> = new Set(["capacity", "queueLimit", "latency", "scaleUp"]);

/** Whether this is such a back end: `auth` is a secret's name otherwise. */
export function isAuthBackEnd(name: string, value: unknown): boolean {
  if (name !== "auth" || value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => BACK_END_KEYS.has(key));
}

/** Whether this path leads into one: `before.flow[0].lab.auth.capacity`. */
export function isAuthBackEndPath(path: string): boolean {
  const [, key = ""] = /\.(?:lab|forecast)\.auth\.([A-Za-z]+)(?:\.[A-Za-z]+)?$/.exec(path) ?? [];
  return BACK_END_KEYS.has(key);
}

/**
 * Names of the environment that read like a secret's and are none, by convention: where one is (`PWD`), where a secret is
 * kept or an agent listens (`SSH_AUTH_SOCK`, Docker's `…_FILE`), which program asks for one (`GIT_ASKPASS`), a version of
 * Erlang/OTP. Masked, each would take a piece out of paths and topics that have nothing to do with it.
 */
const NO_SECRETS =
  /^(?:OLD)?PWD$|(?:^|_)ASKPASS(?:_|$)|(?:_|PASS)FILE$|_(?:SOCK|SOCKET|DIR|DIRECTORY|VERSION)$|^(?:GOOGLE_APPLICATION_CREDENTIALS|LESSKEY)$/;

/** Whether the value of this environment variable is not to be shown. `USERNAME=root` is in every environment. */
export function isSecretVariable(name: string): boolean {
  return isSecretName(name) && !/user_?name/i.test(name) && !NO_SECRETS.test(name);
}
