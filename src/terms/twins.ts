// Twins: one procurement that both sites tell of stays two processes, each of which names the other.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import type { Process } from "./documents.ts";

const TWIN_FIELDS = [
  "_id",
  "source",
  "buyerId",
  "title",
  "buyerName",
  "deadlineDate",
  "valueMax",
  "awardValue",
  "currency",
  "firstPublishedDate",
  "publishedDate",
] as const satisfies readonly (keyof Process)[];

/** A process as far as it is compared with others. */
export type TwinFacts = Pick<Process, (typeof TWIN_FIELDS)[number]>;

export const TWIN_PROJECTION: Readonly<Record<string, 1>> = Object.fromEntries(
  [...TWIN_FIELDS, "twins", "version"].map((field) => [field, 1 as const]),
);

export type Twin = NonNullable<Process["twins"]>[number];

/** Processes of one buyer → the likely twins of each, by its id in hex; one without any is left out (map/process/twins.ts). */
export type TwinsAmong = (processes: readonly TwinFacts[]) => Map<string, Twin[]>;

/**
 * What is above the thresholds was published on both sites until the Procurement Act came into force; what began under
 * the Act is on one of them alone.
 */
export const BOTH_SITES_UNTIL = new Date("2025-02-24T00:00:00Z");

/** Notices of one procurement may stand this far apart on the two sites. */
export const TWINS_APART_MS = 30 * DAY_MS;

export function mayHaveTwin({ buyerId, title, firstPublishedDate }: Partial<TwinFacts>): boolean {
  return (
    buyerId !== undefined &&
    title !== undefined &&
    firstPublishedDate !== undefined &&
    firstPublishedDate < BOTH_SITES_UNTIL
  );
}
