// A page of raw releases as the store takes it.

import type { Source } from "../../src/replica/sources.ts";
import type { Upsert } from "../../src/store/statements.ts";
import type { MappedBuyer } from "../../src/terms/documents.ts";
import { mapRelease } from "./map.ts";

/** @throws Error when one of them cannot be mapped */
export function mappedPage(source: Source, releases: unknown[], now: Date) {
  const upserts: Upsert[] = [];
  const buyers: MappedBuyer[] = [];
  for (const release of releases) {
    const mapped = mapRelease({ source, release, now });
    if (mapped.kind === "rejected") throw new Error(mapped.reason);
    const { contract, buyer, revision } = mapped;
    upserts.push({ contract, revision });
    if (buyer) buyers.push(buyer);
  }
  return { upserts, buyers };
}
