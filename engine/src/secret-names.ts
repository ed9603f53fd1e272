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
