/** The oldest Node that has all that both packages use; `engines` of their package.json. */
const OLDEST = { major: 22, minor: 18 };

/** Why nothing works on this version of Node (`22.18.0`); null where it does. */
export function nodeProblem(version: string): string | null {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNewEnough = major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
  return isNewEnough ? null : `Node ${OLDEST.major}.${OLDEST.minor} or newer is needed; this is ${version}`;
}
