// `told`: what the fold of a notice's procurement needs of the release beside the other fields, in few bytes.
import type { ContractStage, Supplier, Told } from "../terms/documents.ts";
import { type Award, isCancelled } from "./awards.ts";
import type { Parts } from "./parts.ts";
import { at, filled, type Json, lastInstant, list, text } from "./read.ts";

export interface Telling {
  parts: Parts;
  ids: { ocid: string; noticeId: string };
  noticeType: string | undefined;
  stage: ContractStage;
  awards: Award[];
  awardedSuppliers: Supplier[];
  /** CF: an edit under a new guid keeps its tender's id. */
  keepsTenderId: boolean;
}

export function toldOf(telling: Telling): Told | undefined {
  const { parts, stage, noticeType, keepsTenderId } = telling;
  const { tender, planning } = parts;
  const asked = list(planning["milestones"]).some(({ type }) => type === "engagement");
  const told = filled({
    tender: keepsTenderId ? hashOf(text(tender["id"]) ?? "") : undefined,
    ...(stage === "AWARD" ? {} : lotsOf(parts, noticeType)),
    until:
      stage === "PLANNING" && !asked
        ? lastInstant(at(tender, "communication", "futureNoticeDate"))
        : undefined,
    awards: toldAwards(telling),
  });
  return Object.keys(told).length > 0 ? told : undefined;
}

/** The id of a notice's only award, as it need not be said. */
export function onlyAward(of: { noticeType: string | undefined; keepsTenderId: boolean }): string {
  return of.noticeType !== undefined ? "1" : of.keepsTenderId ? "^-1" : "~-1";
}
export const ONLY_LOT = "1";

const PREFIXES = { "~": "noticeId", "^": "ocid" } as const;

/** Many ids begin with their notice's or their process'. */
function short(id: string, ids: Telling["ids"]): string {
  for (const [mark, name] of Object.entries(PREFIXES))
    if (id.startsWith(`${ids[name]}-`)) return `${mark}${id.slice(ids[name].length)}`;
  return id;
}

/** The award's id as it stands in the release. */
export function whole(id: string, ids: Telling["ids"]): string {
  for (const [mark, name] of Object.entries(PREFIXES))
    if (id.startsWith(`${mark}-`)) return `${ids[name]}${id.slice(1)}`;
  return id;
}

function toldAwards({ ids, noticeType, awards, awardedSuppliers, keepsTenderId }: Telling): Told["awards"] {
  const made = awards.filter(({ fate }) => fate === undefined);
  const underTheAct = noticeType !== undefined;
  const positions = new Map(awardedSuppliers.map((supplier, at) => [supplier, at]));
  const told = awards.map(({ id, fate, lots, date, value, suppliers }) => ({
    id: short(id, ids),
    ...filled({ fate, lots: underTheAct ? unlessOnly(lots ?? []) : (lots ?? undefined) }),
    ...(made.length < 2 || fate !== undefined
      ? {}
      : filled({
          date,
          value: value?.least,
          currency: value?.currency,
          suppliers: suppliers.flatMap((one) => positions.get(one) ?? positionOf(one, awardedSuppliers)),
        })),
  }));
  const [only] = told;
  if (!only) return undefined;
  const unsaid = onlyAward({ noticeType, keepsTenderId });
  const [facts] = awards;
  const isSaid = facts && (facts.date ?? facts.value ?? facts.suppliers[0]) !== undefined;
  return told.length === 1 && Object.keys(only).length === 1 && only.id === unsaid && isSaid
    ? undefined
    : told;
}

function positionOf(supplier: Supplier, among: Supplier[]): number[] {
  const at = among.findIndex(({ name, supplierId }) =>
    supplierId === undefined ? name === supplier.name : supplierId === supplier.supplierId,
  );
  return at < 0 ? [] : [at];
}

const unlessOnly = (lots: string[]) => (lots.length === 1 && lots[0] === ONLY_LOT ? undefined : lots);

/** Lots that run, lots that are over, and what the whole came to. */
function lotsOf(
  { tender, lots }: Parts,
  noticeType: string | undefined,
): Pick<Told, "lots" | "over" | "end"> {
  const named = lots.flatMap((lot) => ({ id: text(lot["id"]) ?? "", isOver: isOver(lot["status"]) }));
  const ids = (over: boolean) => [
    ...new Set(named.filter(({ isOver }) => isOver === over).map(({ id }) => id)),
  ];
  const [running, over] = [ids(false), ids(true)];
  const end =
    endOf(tender) ??
    (noticeType !== "UK12" && over.length > 0 && running.length === 0 ? endOfLots(lots) : undefined);
  return filled({
    lots:
      running.length > 0 && noticeType !== "UK12"
        ? unlessOnly(running)
        : running.length > 0
          ? running
          : undefined,
    over: over.length > 0 ? unlessOnly(over) : undefined,
    end: noticeType === "UK12" ? undefined : end,
  });
}

function isOver(status: unknown): boolean {
  return status === "complete" || isCancelled(status);
}

function endOf(tender: Json): Told["end"] {
  if (isCancelled(tender["status"])) return "cancelled";
  return tender["status"] === "complete" ? "complete" : undefined;
}

function endOfLots(lots: Json[]): Told["end"] {
  return lots.every(({ status }) => status === "complete") ? "complete" : "cancelled";
}

/** FNV-1a, 32 bits: two tenders of one ocid share it once in four billion times. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash | 0;
}
