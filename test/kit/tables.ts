// A story as one line of a table: its notices, the day of the question, and what is true then.
import { type Made, onDay } from "./stories.ts";
import { foldReleases } from "./told.ts";

/** `id:STATUS`, `id:STATUS>id of what replaced it`. */
export function told(releases: Made[], day: number) {
  const { procurements } = foldReleases(releases, new Date(onDay(day)));
  return [...procurements.values()].flat().map(({ process, notices }) => ({
    state: process.state,
    notices: [...notices]
      .map(([id, { status, supersededBy }]) => `${id}:${status}${supersededBy ? `>${supersededBy}` : ""}`)
      .join(" "),
    open: process.noticeId,
    awards: process.awards?.length ?? 0,
    value: process.awardValue,
    deadline: process.deadlineDate?.toISOString(),
  }));
}

export type Story = [
  rule: string,
  releases: Made[],
  day: number,
  state: string,
  notices: string,
  more?: object,
];

export const lots3 = { 1: "active", 2: "active", 3: "active" };
