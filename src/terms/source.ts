// What the rooms need to know of a source, as data: how its API is asked, and what its history should weigh. The whole of
// a source is a folder in src/sources; nothing else names one.
import type { StoreDetail, StoreRaw } from "./documents.ts";
import type { LondonTime } from "./london-time.ts";

/** One request for a page: all releases of `stage` published from `lo` to `hi`, both ends inclusive. */
export interface Question {
  stage: string;
  lo: LondonTime;
  hi: LondonTime;
  limit: number;
}

/** An API that lists releases by the time of their publication, newest first. */
export interface Api {
  source: string;
  path: string;
  fromName: string;
  toName: string;
  /** Least difference between `lo` and `hi`, which are both inclusive. */
  spanSecondsMin: number;
  /** `id`: newest notice id first; `date`: newest date first. */
  order: "id" | "date";
  /** How many rows a full page repeats at its old end, so that dates that are out of line hide nothing. */
  marginRows: number;
  /** One notice by its id, where the API has such a request. */
  lookupPath: ((noticeId: string) => string) | null;
  /** Whether a parameter that it does not know is answered with 400. */
  refusesUnknownParameters?: boolean;
  /** The wait after a refusal that names none. */
  cooldownSeconds: { 429: number; 403: number };
  /** Lanes that an overflowing slice can be split into. */
  stages: string[];
  /** The settings to look at when the API does not know what it is asked for. */
  settings: { origin: string; stages: string };
}

/** A list of what was published each day, kept by somebody else than the API and outside its rate limit. */
export interface Witness {
  /** Where it is, unless its setting says something else. */
  origin: string;
  /** The file of a day, `2026-03-01`. */
  path: (day: string) => string;
  /** Names of its columns. */
  columns: { ocid: string; releaseId: string; date: string };
}

/** How many notices of a year's numbers were published, as somebody who asked for every one of them has counted. */
export interface RecordedYear {
  year: number;
  published: number;
  /** The last number that was asked for; left out where that was the whole year. */
  upTo?: number;
}

/** What a source has published and how much room that takes, before anything has been measured. */
export interface Volumes {
  /** Releases (or documents) that are published on the UTC day of this instant, each part of the source by itself. */
  perDay: (day: Date) => number;
  /** Bytes of one release's contract, without times and indexes. */
  releaseBytes: Record<StoreRaw, number>;
  /** What each of STORE_DETAILS adds to it. */
  detailBytes?: Record<StoreDetail, number>;
  /** What a stored contract has beyond that. */
  contractExtraBytes: number;
  contractsPerRelease: number;
  /** Requests that reading so many takes; without it the walk's own cost. */
  requestsFor?: (releases: number) => number;
}

/** Volumes by source. */
export type VolumesBySource = ReadonlyMap<string, Volumes>;
