// The handed cases and the list of what one could bid for on 11 August 2026, through the real store on a real database: a page
// for each release, the newest first, as a backfill reads them.
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { storePage } from "../../src/store/store.ts";
import { cases, differences, hasCases } from "../kit/cases.ts";
import { hasCorpus, recordedReleases } from "../kit/corpus.ts";
import { freshDatabase } from "../kit/database.ts";
import { mappedPage, storingTo } from "../kit/records.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const sourceOf = (release: unknown): Source =>
  JSON.stringify(release).includes('"ocds-b5fd17-') ? "CONTRACTS_FINDER" : "FIND_A_TENDER";

async function foundContract(id: string): Promise<Record<string, unknown> | undefined> {
  const [source = "", ocid = "", noticeId = ""] = id.split("/");
  const contract = await db.contracts.findOne({ source, ocid, noticeId });
  if (!contract) return undefined;
  const ids = [contract.buyerId ?? [], contract.jointBuyerIds ?? []].flat();
  const named = await db.buyers.find({ _id: { $in: ids } }).toArray();
  const nameOf = (of: (typeof ids)[number]) => named.find(({ _id }) => _id.equals(of))?.name;
  return { ...contract, suppliers: contract.awardedSuppliers, buyers: ids.map(nameOf) };
}

async function foundProcess(id: string): Promise<Record<string, unknown>> {
  const [source = "", ocid = ""] = id.split("/");
  const found = await db.processes.find({ source, ocid }).toArray();
  return { ...found[0], documents: found.length };
}

describe.skipIf(!hasCases)("case", () => {
  it.each(cases().map((one) => [one.name, one] as const))("%s, stored", async (_, one) => {
    for (const release of one.releases.toReversed())
      await storePage(storingTo(db, one.now), mappedPage(sourceOf(release), [release], one.now));
    const found: [string, string[]][] = [];
    for (const [id, wanted] of Object.entries(one.contracts))
      found.push([id, differences(await foundContract(id), wanted)]);
    for (const [id, wanted] of Object.entries(one.processes))
      found.push([id, differences(await foundProcess(id), wanted)]);
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(([, differing]) => differing.length > 0)).toEqual([]);
  });
});

describe.skipIf(!hasCorpus)("recorded releases, stored", () => {
  it("answer what one can bid for as the list that was made by hand", async () => {
    const list = new URL("../../fixtures/open-on-2026-08-11.json", import.meta.url);
    const byHand = z.array(z.string()).parse(JSON.parse(readFileSync(list, "utf8")));
    const evening = new Date("2026-08-11T20:00:00Z");
    for (const source of SOURCES) {
      const releases = await recordedReleases(source);
      for (let at = 0; at < releases.length; at += 100)
        await storePage(storingTo(db, evening), mappedPage(source, releases.slice(at, at + 100), evening));
    }
    const notices = await db.contracts.find({ status: "OPEN", stage: "TENDER" }).toArray();
    expect(notices.map(({ ocid, noticeId }) => `${ocid}/${noticeId}`).sort()).toEqual(byHand);
    const processes = await db.processes.find({ state: "open" }).toArray();
    expect(processes.map(({ ocid, noticeId }) => `${ocid}/${noticeId}`).sort()).toEqual(byHand);
  });
});
