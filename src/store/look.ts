// What is stored of a page: contracts, processes with their versions, the buyers that its own may be.
import type { Document } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { Process } from "../terms/documents.ts";
import type { Source } from "../terms/window.ts";
import { readBuyers } from "./buyers.ts";
import type { KnownBuyer } from "./identity.ts";
import { contractId } from "./ids.ts";
import { ocidsBySource, readProcesses } from "./processes.ts";
import { OWN_PROJECTION, SEEN_PROJECTION, type Seen, type Upsert } from "./statements.ts";

export interface Notice {
  source: Source;
  ocid: string;
}

/** What is to be stored, and what is to be looked at for it. */
export interface Asked {
  upserts: readonly Upsert[];
  /** Processes that are folded again although the page holds none of their notices. */
  notices: readonly Notice[];
}

export interface Look {
  contracts: Seen[];
  /** The page's own notices, whole: most of what is read again is as it was, and is not written. */
  own: ReadonlyMap<string, Document>;
  processes: Process[];
  buyers: KnownBuyer[];
}

export const buyersOf = ({ upserts }: Asked) => upserts.flatMap(({ buyers }) => buyers);
export const noticesOf = ({ upserts, notices }: Asked): Notice[] => [
  ...upserts.map(({ contract }) => contract),
  ...notices,
];
export const ocidKey = ({ source, ocid }: Notice) => `${source}/${ocid}`;
export const noticeKey = (one: Notice & { noticeId: string }) => `${ocidKey(one)}/${one.noticeId}`;

export async function lookAt(db: Database, asked: Asked): Promise<Look> {
  const [contracts, own, processes, buyers] = await Promise.all([
    readContracts(db, asked),
    readOwn(db, asked),
    readProcesses(db, noticesOf(asked)),
    readBuyers(db, buyersOf(asked)),
  ]);
  return { contracts, own, processes, buyers };
}

async function readOwn(db: Database, { upserts }: Asked): Promise<Look["own"]> {
  const ids = upserts.map(({ contract }) => contractId(contract));
  if (ids.length === 0) return new Map();
  const own = await db.contracts
    .find<Document>({ _id: { $in: ids } }, { projection: OWN_PROJECTION })
    .toArray();
  return new Map(own.map((one) => [one["_id"].toHexString(), one]));
}

/** All notices of the page's ocids, and those of its notices that others have stored without an ocid. */
export function readContracts(db: Database, asked: Asked): Promise<Seen[]> {
  const ids = new Map<Source, string[]>();
  for (const { contract } of asked.upserts)
    ids.set(contract.source, [...(ids.get(contract.source) ?? []), contract.noticeId]);
  const branches: object[] = ocidsBySource(noticesOf(asked)).map(([source, ocids]) => ({
    source,
    ocid: { $in: ocids },
  }));
  for (const [source, noticeIds] of ids) branches.push({ source, ocid: null, noticeId: { $in: noticeIds } });
  const details = asked.upserts.some(({ contract }) => contract.documents !== undefined);
  const projection = { ...SEEN_PROJECTION, ...(details ? { documents: 1, documentsHash: 1 } : {}) };
  return db.contracts.find<Seen>({ $or: branches }, { projection }).toArray();
}
