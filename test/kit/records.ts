// A page of raw releases as the store takes it.
import type { Source } from "../../src/replica/sources.ts";
import { identified, type Upsert } from "../../src/store/statements.ts";
import type { MappedBuyer } from "../../src/terms/documents.ts";
import { mapRelease } from "./map.ts";

/** @throws Error when one of them cannot be mapped */
export function mappedPage(source: Source, releases: unknown[], now: Date) {
  const upserts: Upsert[] = [];
  const buyers: MappedBuyer[] = [];
  for (const release of releases) {
    const mapped = mapRelease({ source, release, now });
    if (mapped.kind === "rejected") throw new Error(mapped.reason);
    upserts.push({ contract: identified(mapped.contract, mapped.buyers), revision: mapped.revision });
    buyers.push(...mapped.buyers);
  }
  return { upserts, buyers };
}
