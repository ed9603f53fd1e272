/** Variables that exist in every run, whatever the script says: https://www.artillery.io/docs/reference/test-script */
export const BUILT_IN_VARIABLES: readonly string[] = [
  "target",
  "$environment",
  "$processEnvironment",
  "$env",
  "$testId",
  "$uuid",
  "$dirname",
  "$scenarioFile",
  "deviceId",
  "$randomNumber()",
  "$randomString()",
];

/** Name of the region that the device is connected to; only where the script has regions. */
export const REGION_VARIABLE = "region";
