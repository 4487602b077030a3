// The sections of a release, each as a list or an object that can be read without asking whether it is there.
import { type Json, list, object, text } from "./read.ts";

export interface Parts {
  release: Json;
  tender: Json;
  planning: Json;
  lots: Json[];
  awards: Json[];
  contracts: Json[];
  /** What UK10 says that contracts will become. */
  proposed: Json[];
  parties: Json[];
  /** The parties by their id: a notice may name thousands. */
  partyOf: (id: unknown) => Json | undefined;
  tags: string[];
}

export function partsOf(release: Json): Parts {
  const tender = object(release["tender"]);
  const parties = list(release["parties"]);
  const byId = new Map<unknown, Json>();
  for (const party of parties) {
    if (typeof party["id"] === "string" && !byId.has(party["id"])) byId.set(party["id"], party);
  }
  const contracts = list(release["contracts"]);
  const tags = Array.isArray(release["tag"]) ? release["tag"] : [release["tag"]];
  return {
    release,
    tender,
    planning: object(release["planning"]),
    lots: list(tender["lots"]),
    awards: list(release["awards"]),
    contracts,
    proposed: contracts.flatMap((contract) => list(contract["proposedAmendments"])),
    parties,
    partyOf: (id) => byId.get(id),
    tags: [...new Set(tags.map(text).filter((tag) => tag !== undefined))],
  };
}

export function hasRole(party: Json, role: string): boolean {
  return Array.isArray(party["roles"]) && party["roles"].includes(role);
}

/** What is bought under a part, and where it goes: the part itself and its items. */
export function itemsOf(parts: Json[]): Json[] {
  return parts.flatMap((part) => list(part["items"]));
}
