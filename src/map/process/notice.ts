// A stored notice as the fold sees it: what part it plays in its procurement, and what was left out of it in `told`.
import type { AwardFate, Supplier } from "../../terms/documents.ts";
import { slugOf } from "../../terms/organisation.ts";
import { ONLY_LOT, onlyAward, whole } from "../told-of.ts";
import type { ToldNotice } from "./told.ts";

/** What a notice does to its procurement (docs/processes.md, one row each). */
export type Role =
  | "plan"
  | "call" // for competition; also a dynamic market that firms may join
  | "correction" // of the old regime: holds only what changes
  | "market" // members join and leave (UK15)
  | "marketEnd" // UK16
  | "award" // intended or made
  | "afterwards" // a contract runs, and changes (UK9, UK10)
  | "termination" // of a contract
  | "cancellation" // of a procurement, or of some of its lots
  | "none"; // says nothing about it (UK8, UK17)

const ROLES_BY_TYPE: Readonly<Record<string, Role>> = {
  UK8: "none",
  UK9: "afterwards",
  UK10: "afterwards",
  UK11: "termination",
  UK12: "cancellation",
  UK13: "call",
  UK14: "call",
  UK15: "market",
  UK16: "marketEnd",
  UK17: "none",
};

const ROLES_BY_TAG: readonly (readonly [RegExp, Role])[] = [
  [/Cancellation$/, "cancellation"],
  [/^contractTermination$/, "termination"],
  [/^(contractAmendment|implementation)/, "afterwards"],
];

export function roleOf({ noticeType, tags, stage, told }: ToldNotice): Role {
  const byType = noticeType === undefined ? undefined : ROLES_BY_TYPE[noticeType];
  if (byType) return byType;
  for (const [pattern, role] of ROLES_BY_TAG) if (tags.some((tag) => pattern.test(tag))) return role;
  if (stage === "AWARD") return "award";
  const isDelta = told?.tender === undefined && noticeType === undefined && isUpdate({ tags });
  if (isDelta) return "correction";
  return stage === "PLANNING" ? "plan" : "call";
}

/** When it was published, as far as that can be: not after it was read. */
export function publishedAt({ publishedDate, told }: Pick<ToldNotice, "publishedDate" | "told">): Date {
  return told?.readAt ?? publishedDate;
}

/** A later version of what was told before. */
export function isUpdate({ tags }: Pick<ToldNotice, "tags">): boolean {
  return tags.some((tag) => tag.endsWith("Update") || tag === "tenderAmendment");
}

/** Intention, decision, signature: a later telling of the same award goes further. */
export function rankOf({ noticeType }: Pick<ToldNotice, "noticeType">): number {
  return noticeType === "UK5" ? 0 : noticeType === "UK7" ? 2 : 1;
}

/** Lots that a call is about, null where it does not say. */
export function lotsOf({ told, noticeType }: ToldNotice): readonly string[] | null {
  return told?.lots ?? (noticeType === undefined || told?.over ? null : [ONLY_LOT]);
}

/** Lots that a cancellation names, null where it names none: then it is about the whole. */
export function cancelledLotsOf({ told }: ToldNotice): readonly string[] | null {
  return told?.over ?? null;
}

export interface ToldAward {
  /** As in the release. */
  id: string;
  /** Undefined: it was made. */
  fate: AwardFate | undefined;
  lots: readonly string[] | null;
  date: Date | undefined;
  value: number | undefined;
  currency: string | undefined;
  suppliers: readonly Supplier[];
}

export function awardsOf(notice: ToldNotice): ToldAward[] {
  const { told, noticeType } = notice;
  const underTheAct = noticeType !== undefined;
  const listed = told?.awards ?? [
    { id: onlyAward({ noticeType, keepsTenderId: told?.tender !== undefined }) },
  ];
  const made = listed.filter(({ fate }) => fate === undefined);
  const { awardedSuppliers = [], awardDate, awardValue, currency } = notice;
  return listed.map(({ id, fate, lots, date, value, currency: own, suppliers }) => {
    const saidByContract = fate === undefined && made.length === 1;
    return {
      id: whole(id, notice),
      fate,
      lots: lots ? (lots.length > 0 ? lots : null) : underTheAct ? [ONLY_LOT] : null,
      date: saidByContract ? awardDate : date,
      value: saidByContract ? awardValue : value,
      currency: saidByContract ? currency : own,
      suppliers: saidByContract
        ? awardedSuppliers
        : (suppliers ?? []).flatMap((at) => awardedSuppliers[at] ?? []),
    };
  });
}

export function supplierKeys(suppliers: readonly Supplier[]): string[] {
  return suppliers.flatMap(({ name, supplierId }) => [
    ...(supplierId === undefined ? [] : [supplierId]),
    ...(name === undefined ? [] : [slugOf(name) ?? name]),
  ]);
}

const punctuation = /[^\p{L}\p{N}]+/gu;
const limited = /limited\b/;

/** Titles that differ only in case and punctuation are one. */
export function titleKey({ title }: Pick<ToldNotice, "title">): string | undefined {
  return title?.toLowerCase().replace(punctuation, " ").trimEnd().replace(limited, "ltd");
}
