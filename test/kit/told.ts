// Releases through mapper and fold, as the store does it: by ocid, with the buyers that each names.
import { foldOcid } from "../../src/map/process/fold.ts";
import type { Procurement, Standing, ToldNotice } from "../../src/map/process/told.ts";
import { buyerIdOf } from "../../src/store/ids.ts";
import type { MappedContract } from "../../src/terms/documents.ts";
import { mapRelease } from "./map.ts";

type Source = Parameters<typeof mapRelease>[0]["source"];
export type Told = MappedContract & Standing & { buyers: string[] };

export interface FoldedReleases {
  /** By `source/ocid/noticeId`. */
  contracts: Map<string, Told>;
  /** By `source/ocid`. */
  procurements: Map<string, Procurement[]>;
}

/** Every notice once, in its last revision. @throws Error when one cannot be mapped */
export function foldReleases(releases: { source: Source; release: unknown }[], now: Date): FoldedReleases {
  const contracts = new Map<string, Told>();
  const revisions = new Map<string, number>();
  const notices = new Map<string, Map<string, ToldNotice>>();
  for (const { source, release } of releases) {
    const mapped = mapRelease({ source, release, now });
    if (mapped.kind === "rejected") throw new Error(mapped.reason);
    const { contract, buyers, revision } = mapped;
    const { ocid, noticeId } = contract;
    const id = `${source}/${ocid}/${noticeId}`;
    if ((revisions.get(id) ?? -1) > (revision ?? 0)) continue;
    revisions.set(id, revision ?? 0);
    contracts.set(id, { ...contract, buyers: buyers.map(({ name }) => name) });
    const [first, ...others] = buyers.map(({ orgId }) => buyerIdOf(orgId));
    const told: ToldNotice = {
      ...contract,
      ...(first === undefined ? {} : { buyerId: first }),
      ...(others.length === 0 ? {} : { jointBuyerIds: others }),
    };
    const process = notices.get(`${source}/${ocid}`) ?? new Map<string, ToldNotice>();
    notices.set(`${source}/${ocid}`, process.set(noticeId, told));
  }
  const procurements = new Map<string, Procurement[]>();
  for (const [ocid, told] of notices) {
    const folded = foldOcid([...told.values()], now);
    procurements.set(ocid, folded);
    for (const { notices: standings } of folded) {
      for (const [noticeId, standing] of standings) {
        const contract = contracts.get(`${ocid}/${noticeId}`);
        if (contract) contracts.set(`${ocid}/${noticeId}`, { ...contract, ...standing });
      }
    }
  }
  return { contracts, procurements };
}
