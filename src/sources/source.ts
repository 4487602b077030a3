// What a source is. A folder of src/sources provides one of these, index.ts lists them, and everything else (plan, claims,
// budget, runs, pages, commands) takes what the list gives.
import type { ObjectId } from "mongodb";
import type { z } from "zod";
import type { SourceRules } from "../map/source-rules.ts";
import type { Database } from "../platform/database.ts";
import type { Effects } from "../platform/effects.ts";
import type { Logger } from "../platform/logger.ts";
import type { OwnCollections } from "../platform/schema.ts";
import type { MappedBuyer, StoreDetail, SyncWindow } from "../terms/documents.ts";
import type { SearchMode } from "../terms/search.ts";
import type { Api, RecordedYear, Volumes, Witness } from "../terms/source.ts";

export interface Source {
  /** In documents, window ids and metrics: `FIND_A_TENDER`. */
  id: string;
  /** For people: `Find a Tender`. */
  name: string;
  /** On the command line: `fat`. */
  alias: string;
  volumes: Volumes;
  /** Its environment variables by name, and what becomes of them: `configure` is parsed with all the environment. */
  settings: readonly string[];
  /** The setting of its first day; `plan` proposes it. */
  startSetting: string;
  configure: z.ZodType<(common: CommonSettings) => SourceSettings | null>;
  /** Read by the walk over an API that lists releases by time; null for a source that brings its own reader. */
  releases: { api: Api; rules: SourceRules; witness?: Witness } | null;
  /** What it stores in, beside the windows: made when it is switched on. */
  collections?: OwnCollections;
  /** What operators do about its sites, by all the settings; whether it is switched on or not. */
  office?: (settings: Readonly<Record<string, string>>) => SiteOffice;
}

export interface CommonSettings {
  /** BACKFILL_START_DATE, where it is set. */
  start: Date | undefined;
  now: Date;
}

/** A source as it is set up. `configure` gives null where it is switched off. */
export interface SourceSettings {
  /** First instant of the history that is kept. */
  start: Date;
  /** Origin of the API, without a trailing slash. */
  origin: string;
  /** Lanes of a window: a `stages` value each, or `all`. */
  stages: string[];
  /** Origin of its witness; null where it has none, or is to go without it. */
  witnessOrigin?: string | null;
  /** What the real site has published, by year, where somebody else has counted it. */
  record?: readonly RecordedYear[];
  /** In place of the walk. */
  reader?: Reader;
}

export interface SourceConfig extends SourceSettings {
  source: string;
  definition: Source;
  /** STORE_DETAILS: what its notices keep beside the rest. */
  details?: readonly StoreDetail[];
  /** SEARCH_INDEX: whether its notices take room in a text index too. */
  search?: SearchMode;
}

/** How a source is read that is no API of releases. Whatever it stores goes to collections of its own. */
export interface Reader {
  /** Parts (sites) of which each has windows of its own, `SOURCE/{site}/{month}`; without it the source is one. */
  sites?: (db: Database, now: Date) => Promise<string[]>;
  /** Those that may be asked now; the windows of the others wait. Without it all may. */
  openSites?: (db: Database, now: Date) => Promise<OpenSite[]>;
  /** Months are planned whole up to here; without it, as they are over. */
  until?: (now: Date) => Date;
  /** A window that is done, and is to be read once more from its beginning. */
  isDueAgain?: (window: Pick<SyncWindow, "to" | "doneAt">, now: Date) => boolean;
  /** Once an invocation, before windows are claimed: what is new. @returns the instant up to which it is all here */
  refresh: (context: ReadContext) => Promise<Date>;
  /** Reads a window to its end. Whatever was checkpointed stays. @returns its progress at the end */
  read: (context: ReadContext, window: SyncWindow) => Promise<WindowProgress>;
  /** Reads it once more and says what was missing; a window that it returns for is `exact`. Without it none ever is. */
  verify?: (context: ReadContext, window: SyncWindow) => Promise<WindowProgress>;
  /** Windows that are read side by side, each under its own claim and of another site; 1 without it. */
  windowsAtOnce?: number;
  /** Share of STORAGE_BUDGET_MB that its own collections may fill; the sources without one share all of it. */
  storageShare?: number;
}

export interface OpenSite {
  site: string;
  /** A call takes it a minute: few such are read at a time, so that the others are not held up. */
  slow: boolean;
}

export interface SiteDescription {
  site: string;
  name: string;
  state: string;
  /** What was found to work there. */
  found: string;
  /** Why it is not read. */
  trouble: string;
  askAgainAt: Date | null;
  parts: string[];
}

export interface SiteOffice {
  collections: OwnCollections;
  list(db: Database, now: Date): Promise<SiteDescription[]>;
  add(
    db: Database,
    site: { address: string; name: string; parts: { name: string; committees?: string }[]; now: Date },
  ): Promise<{ site: string; isNew: boolean }>;
  /** Asks the site what works. Null while an invocation asks it. */
  probe(
    db: Database,
    options: { site: string; effects: ReadContext["effects"]; wait: (ms: number) => Promise<void> },
  ): Promise<SiteDescription | null>;
  /** @returns whether there is such a site */
  switch(db: Database, options: { site: string; on: boolean; now: Date }): Promise<boolean>;
}

/** What a holder writes to its window. */
export type WindowProgress = Pick<SyncWindow, "lanes" | "counts" | "unproven" | "drift"> &
  Partial<Pick<SyncWindow, "alarms" | "forecast">>;

/** What a reader may use: every wait and every checkpoint keeps the lease of its window alive. */
export interface ReadContext {
  db: Database;
  effects: Pick<Effects, "now" | "get" | "post" | "random" | "newId">;
  log: Logger;
  /** Milliseconds until the invocation's soft deadline. */
  remainingMs: () => number;
  /** @throws DeadlineReached when it would outlive the deadline */
  wait: (ms: number) => Promise<void>;
  /** Makes the lease last through a call that may take so long. @throws ClaimLost */
  hold: (ms: number) => Promise<void>;
  /** `buyers` is the store's to write: whose documents these are, and what nobody else has said of them. */
  buyers: {
    idsFor: (named: readonly MappedBuyer[]) => Promise<ObjectId[]>;
    sayWhereUnsaid: (id: ObjectId, fields: Readonly<Record<string, string>>) => Promise<void>;
  };
  /** @throws ClaimLost: stop at once and write nothing more */
  checkpoint: (progress: WindowProgress) => Promise<void>;
  /** Counts for the run's document. */
  report: {
    requests: number;
    /** Requests that brought what was asked for. */
    answers: number;
    releases: number;
    refusals: number;
    retries: number;
    errors: string[];
  };
}
