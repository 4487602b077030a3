// What a replica is made of: its options, and for each API its rows, its limiter and what has been counted.

import { FAULTS, type Fault } from "./faults.ts";
import { createLimiter, type Limiter, type LimitOptions } from "./limit.ts";
import { type Listing, listingOf } from "./listing.ts";
import type { Published } from "./published.ts";
import type { Asked as Request } from "./query.ts";
import { createRandom, type Random } from "./random.ts";
import type { Bodies } from "./release.ts";
import { SOURCES, type Source } from "./sources.ts";

export interface ReplicaOptions {
  seed: number;
  histories: Record<Source, Published[]>;
  faults: readonly Fault[];
  /** Share of the answers that a fault of kind `sometimes` strikes. */
  faultShare?: number;
  /** Without it nothing is refused for its pace. */
  limit?: LimitOptions;
  bodies?: Bodies;
  slowMs?: number;
  /** Months whose pages are out of order when that fault is on; without, one in six. */
  outOfOrderMonths?: string[];
  /** Months without a daily CSV when that fault is on; without, one in three. */
  witnessAwayMonths?: string[];
  /** Origin that `uri` and `links.next` name. */
  publicOrigin?: string;
}

export interface SourceStats {
  asked: number;
  refused: number;
  rows: number;
  faults: Partial<Record<Fault, number>>;
  /** Requests for pages by the month of London time in which they begin. */
  byMonth: Record<string, number>;
  /** The last requests, oldest first. */
  log: LoggedRequest[];
}

export interface LoggedRequest {
  at: number;
  /** Path and query. */
  asked: string;
  status: number;
  rows: number;
  fault: Fault | null;
}

export interface Asked extends Request {
  /** The fault that strikes this answer. */
  struck: Fault | null;
}

export interface Api {
  listing: Listing;
  limiter: Limiter | null;
  stats: SourceStats;
}

export interface State {
  options: ReplicaOptions;
  bodies: Bodies;
  on: Set<Fault>;
  strikes: Fault[];
  random: Random;
  texts: Map<Published, string>;
  witness: { asked: number; files: number };
  apis: Record<Source, Api>;
}

export function stateOf(options: ReplicaOptions): State {
  const { seed, faults, limit, histories, bodies = "full" } = options;
  const limiterOf = (source: Source) => (limit ? createLimiter(limit, seed + SOURCES.indexOf(source)) : null);
  const shared = limit?.shared ? limiterOf("FIND_A_TENDER") : null;
  const apiOf = (source: Source): Api => ({
    listing: listingOf(source, histories[source]),
    limiter: shared ?? limiterOf(source),
    stats: { asked: 0, refused: 0, rows: 0, faults: {}, byMonth: {}, log: [] },
  });
  return {
    options,
    bodies,
    on: new Set(faults),
    strikes: faults.filter((fault) => FAULTS[fault].kind === "sometimes"),
    random: createRandom(seed ^ 0x5eed),
    texts: new Map(),
    witness: { asked: 0, files: 0 },
    apis: { FIND_A_TENDER: apiOf("FIND_A_TENDER"), CONTRACTS_FINDER: apiOf("CONTRACTS_FINDER") },
  };
}

export function count({ stats }: Api, fault: Fault): void {
  stats.faults[fault] = (stats.faults[fault] ?? 0) + 1;
}
