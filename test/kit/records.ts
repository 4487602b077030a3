// A page of raw releases as the store takes it, and what tells whether it was stored right.
import { foldOcid } from "../../src/map/process/fold.ts";
import type { Database } from "../../src/platform/database.ts";
import type { Source } from "../../src/replica/sources.ts";
import type { Upsert } from "../../src/store/statements.ts";
import type { Storing } from "../../src/store/store.ts";
import { mapRelease } from "./map.ts";

/** @throws Error when one of them cannot be mapped */
export function mappedPage(source: Source, releases: unknown[], now: Date): Upsert[] {
  return releases.map((release) => {
    const mapped = mapRelease({ source, release, now });
    if (mapped.kind === "rejected") throw new Error(mapped.reason);
    const { contract, buyers, revision } = mapped;
    return { contract, buyers, revision };
  });
}

export const storingTo = (db: Database, now: Date): Storing => ({ db, fold: foldOcid, now });

/** Buyers whose `contractCount` is not the number of notices that name them: all are counted. */
export async function wrongCounts({ buyers, contracts }: Database): Promise<string[]> {
  const counts = new Map<string, number>();
  for await (const { buyerId, jointBuyerIds = [] } of contracts.find(
    {},
    { projection: { buyerId: 1, jointBuyerIds: 1 } },
  ))
    for (const id of [buyerId ?? [], jointBuyerIds].flat())
      counts.set(id.toHexString(), (counts.get(id.toHexString()) ?? 0) + 1);
  const all = await buyers.find().toArray();
  const known = new Set(all.map(({ _id }) => _id.toHexString()));
  return [
    ...[...counts.keys()].filter((id) => !known.has(id)).map((id) => `${id} is missing`),
    ...all.flatMap(({ _id, name, contractCount }) => {
      const own = counts.get(_id.toHexString()) ?? 0;
      return own === contractCount ? [] : [`${name} has ${own} notices, and counts ${contractCount}`];
    }),
  ];
}
