/** Which situation the fake program plays, from `?scenario=`. */

export const SCENARIOS = [
  "first-run",
  "edit",
  "empty",
  "loading",
  "offline",
  "error",
  "slow",
  "many",
  "remotes",
  "previews",
  "faults",
] as const;

export type Scenario = (typeof SCENARIOS)[number];

/** The scenario an address asks for; the first run when it names none. */
export function scenarioOf(search: string): Scenario {
  const asked = new URLSearchParams(search).get("scenario");
  return SCENARIOS.find((one) => one === asked) ?? "first-run";
}
