// What can go wrong, as one table: the kind of an error is decided where it is thrown, stored beside its message, and
// never read out of the message again.
import { MongoError } from "mongodb";
import { ApiError, messageOf, StorageFull } from "./errors.ts";

export const TROUBLE_KINDS = [
  "refused",
  "slow",
  "broken",
  "rejected",
  "unreachable",
  "full",
  "database",
  "stuck",
  "other",
] as const;
export type TroubleKind = (typeof TROUBLE_KINDS)[number];

export function kindOf(error: unknown): TroubleKind {
  if (error instanceof ApiError) return error.kind;
  if (error instanceof StorageFull) return "full";
  return error instanceof MongoError ? "database" : "other";
}

/** As it stands in a run's `errors`: `broken: 6 tries failed for …`. */
export const troubleText = (error: unknown) => `${kindOf(error)}: ${messageOf(error)}`;

export interface NotedTrouble {
  at: Date;
  kind: TroubleKind;
  message: string;
}

/** As it stands in `errorLog`: the same after its instant. */
export const logEntry = (at: Date, text: string) => `${at.toISOString()} ${text}`;

const ENTRY = /^(\S+) ([a-z]+): (.*)$/s;

/** An entry of `errorLog`; null for what an earlier version wrote. */
export function readEntry(entry: unknown): NotedTrouble | null {
  const [, instant = "", kind, message = ""] = typeof entry === "string" ? (ENTRY.exec(entry) ?? []) : [];
  const known = TROUBLE_KINDS.find((one) => one === kind);
  const at = new Date(instant);
  return known && !Number.isNaN(at.getTime()) ? { at, kind: known, message } : null;
}
