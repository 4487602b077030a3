// A page of releases: contracts, the buyers that they name, the processes that they belong to. Four round trips:
//   look     what is stored of its ocids: contracts, processes with their versions; the buyers that these may be
//   write    contracts with their standing by the fold of all notices, buyers
//   confirm  the notices as they are stored now, what its buyers count, whether they are still there
//   finish   processes and counts, under the versions that were read before
// Where another writer was in between, the page is looked at again, until what is written is what is stored. Stopped
// anywhere, the next reading of the same page does the rest.
import type { Document } from "mongodb";
import { allOf, type Database } from "../platform/database.ts";
import { same } from "../terms/same.ts";
import type { Fold, Procurement, Standing } from "../terms/told.ts";
import { buyerWrites, merge } from "./buyers.ts";
import {
  addBuckets,
  type Buckets,
  COUNTED,
  countBuckets,
  countWrites,
  readFormer,
  type Versioned,
  versionsOf,
} from "./counts.ts";
import type { KnownBuyer } from "./identity.ts";
import {
  type Asked,
  buyersOf,
  type Look,
  lookAt,
  type Notice,
  noticeKey,
  noticesOf,
  ocidKey,
  readContracts,
} from "./look.ts";
import { type OcidNotices, ocidsBySource, writeProcesses } from "./processes.ts";
import { type Resolved, resolveBuyers } from "./resolve-buyers.ts";
import {
  asItIs,
  asStored,
  type Next,
  nextAfter,
  nextOf,
  SEEN_PROJECTION,
  type Seen,
  standingOf,
  type Upsert,
  writeOf,
} from "./statements.ts";
import { type Refused, writeBuyers, writeContracts } from "./writes.ts";

export interface Storing {
  db: Database;
  fold: Fold;
  now: Date;
}

export interface Stored {
  /** Contracts that were inserted or changed. */
  changed: number;
  inserted: number;
  /** What an index that others have made does not let in, and why. */
  refused: { upsert: Upsert; reason: string }[];
}

/** A page while it is stored; what it has touched is kept over the rounds. */
interface Page extends Asked {
  stored: Stored;
  touchedOcids: Set<string>;
  touchedBuyers: Set<string>;
  buckets: Buckets;
}

/** Each round has lost to another writer, which has then finished: more of them than this at once are a bug. */
const ROUNDS_MAX = 25;

export async function storeContracts(storing: Storing, upserts: readonly Upsert[]): Promise<Stored> {
  return untilStored(storing, { upserts, notices: [] });
}

/** Folds these processes again from what is stored: when time has passed, or notices have gone. */
export async function settle(storing: Storing, notices: readonly Notice[]): Promise<void> {
  await untilStored(storing, { upserts: [], notices });
}

async function untilStored(storing: Storing, given: Asked): Promise<Stored> {
  const page: Page = {
    ...given,
    stored: { changed: 0, inserted: 0, refused: [] },
    ...{ touchedOcids: new Set(), touchedBuyers: new Set(), buckets: new Map() },
  };
  for (let round = 0; round < ROUNDS_MAX; round++) if (await storeOnce(storing, page)) return page.stored;
  throw new Error(
    `A page of ${page.upserts.length} releases was looked at ${ROUNDS_MAX} times, and each time something was written in between. It is stored again when its window is read again.`,
  );
}

/** True when what is written is what is stored. */
async function storeOnce(storing: Storing, page: Page): Promise<boolean> {
  const { db, now } = storing;
  if (page.upserts.length + page.notices.length === 0) return true;
  const look = await lookAt(db, page);
  const buyers = resolveBuyers(buyersOf(page), look.buyers);
  if (await mergedFirst(db, look.buyers, buyers)) return false;
  const next = nextContracts(storing, page, { look, buyers });
  noteTouched(page, next);
  const writes = next.all.flatMap(
    (one) => writeOf(one, { now, stored: look.own.get(one._id.toHexString()) }) ?? [],
  );
  const [contracts, buyersWritten, former] = await allOf([
    writeContracts(db, writes),
    writeBuyers(db, buyerWrites(buyers, now)),
    readFormer(db, page.buckets, buyers),
  ]);
  page.stored.inserted += contracts.inserted;
  page.stored.changed += contracts.changed;
  refuse(page, contracts.refused);
  if (!contracts.complete || !buyersWritten) return false;
  return finish(storing, page, {
    look,
    next,
    buyers,
    versions: [...versionsOf(look.buyers, buyers), ...former],
  });
}

/** Buyers that turned out to be one become one first, and then all is looked at again. */
async function mergedFirst(
  db: Database,
  stored: readonly KnownBuyer[],
  { merges }: Resolved,
): Promise<boolean> {
  const begun = stored.flatMap(({ _id, mergedInto }) =>
    mergedInto ? [{ kept: mergedInto, other: _id }] : [],
  );
  const found = merges.map(({ kept, other }) => ({ kept: kept._id, other: other._id }));
  const all = begun.length > 0 ? begun : found;
  for (const { kept, other } of all) await merge(db, kept, other);
  return all.length > 0;
}

/** What others have stored, and this project has not taken over yet, tells a fold nothing. */
const isOurs = ({ tags }: Partial<Seen>) => Array.isArray(tags);

interface NextContracts {
  all: Next[];
  /** What each will be once it is stored. */
  expected: Seen[];
  folded: ReadonlyMap<string, Procurement[]>;
}

/** What each contract of these processes becomes; those that the page does not hold get their standing. */
function nextContracts(
  { fold, now }: Storing,
  { upserts }: Page,
  { look, buyers }: { look: Look; buyers: Resolved },
): NextContracts {
  const stored = new Map(look.contracts.map((one) => [noticeKey(one), one]));
  const nameless = new Map(look.contracts.filter(({ ocid }) => !ocid).map((one) => [one.noticeId, one]));
  const next = new Map<string, Next>();
  let at = 0;
  for (const upsert of upserts) {
    const key = noticeKey(upsert.contract);
    const ids = buyers.ids.slice(at, at + upsert.buyers.length);
    at += upsert.buyers.length;
    const before = next.get(key);
    const seen = stored.get(key) ?? nameless.get(upsert.contract.noticeId) ?? null;
    const options = { buyerIds: ids, now };
    next.set(key, before ? nextAfter(before, upsert, options) : nextOf(upsert, { ...options, seen }));
  }
  for (const [key, seen] of stored) if (!next.has(key) && isOurs(seen)) next.set(key, asItIs(seen));
  const folded = foldAll(fold, [...next.values()].map(asStored), now);
  const standings = standingsOf(folded);
  for (const [key, one] of next) one.standing = standings.get(key) ?? one.standing;
  const all = [...next.values()];
  return { all, expected: all.map(asStored), folded };
}

/** The procurements of each ocid. */
function foldAll(fold: Fold, notices: readonly Seen[], now: Date): Map<string, Procurement[]> {
  const byOcid = Map.groupBy(notices.filter(isOurs), ocidKey);
  return new Map([...byOcid].map(([key, own]) => [key, fold(own, now)]));
}

function standingsOf(folded: ReadonlyMap<string, Procurement[]>): Map<string, Standing> {
  return new Map(
    [...folded].flatMap(([key, procurements]) =>
      procurements.flatMap(({ notices }) =>
        [...notices].map(([noticeId, standing]) => [`${key}/${noticeId}`, standing] as const),
      ),
    ),
  );
}

const SEEN_FIELDS = Object.keys(SEEN_PROJECTION).filter((field) => field !== "createdAt");

/** Whether a fold and a count come out as they did. */
const isSame = (one: Document, other: Document) =>
  SEEN_FIELDS.every((field) => same(one[field] ?? null, other[field] ?? null));

/** Notes what changes: it is written under a new version, in whichever round, though it came out the same. */
function noteTouched(page: Page, { all, expected }: NextContracts): void {
  for (const [index, one] of all.entries()) {
    const after = expected[index];
    if (one.values === null || !after) continue;
    addBuckets(page.buckets, after);
    if (one.seen && isSame(one.seen, after)) continue;
    page.touchedOcids.add(ocidKey(after));
    for (const contract of [one.seen, after]) {
      if (!contract) continue;
      const touched: Buckets = new Map();
      addBuckets(touched, contract);
      for (const id of touched.keys()) page.touchedBuyers.add(id);
      addBuckets(page.buckets, contract);
    }
  }
}

function refuse(page: Page, refused: readonly Refused[]): void {
  if (refused.length === 0) return;
  const reasons = new Map(refused.map(({ _id, reason }) => [_id, reason]));
  const reasonOf = ({ contract }: Upsert) => reasons.get(noticeKey(contract));
  for (const upsert of page.upserts) {
    const reason = reasonOf(upsert);
    if (reason !== undefined) page.stored.refused.push({ upsert, reason });
  }
  page.upserts = page.upserts.filter((upsert) => reasonOf(upsert) === undefined);
}

async function finish(
  { db, fold, now }: Storing,
  page: Page,
  {
    look,
    next,
    buyers,
    versions,
  }: { look: Look; next: NextContracts; buyers: Resolved; versions: readonly Versioned[] },
): Promise<boolean> {
  const { buckets, touchedBuyers: touched } = page;
  const named = [...new Map(versions.map((one) => [one._id.toHexString(), one])).values()];
  const [contracts, counts, present] = await Promise.all([
    readContracts(db, page),
    countBuckets(db, buckets),
    db.buyers
      .find<Versioned>({ _id: { $in: named.map(({ _id }) => _id) } }, { projection: COUNTED })
      .toArray(),
  ]);
  // A buyer that has been written meanwhile, or has gone, and a standing that is not the fold's: look again.
  const found = new Map(present.map((one) => [one._id.toHexString(), one]));
  const isUnchanged = ({ _id, version }: Versioned) => {
    const one = found.get(_id.toHexString());
    return one !== undefined && one.version === version && !one.mergedInto;
  };
  const counted = new Set(
    [...buyers.ids, ...[...buckets.values()].map(({ id }) => id)].map((id) => id.toHexString()),
  );
  if (!named.filter(({ _id }) => counted.has(_id.toHexString())).every(isUnchanged)) return false;
  const [before, after] = [byOcid(look.contracts), byOcid(contracts)];
  // What is stored as it was expected need not be folded again.
  const expected = byOcid(next.expected);
  const asExpected = (key: string) => areSame(expected.get(key), after.get(key));
  const others = [...after].flatMap(([key, own]) => (asExpected(key) ? [] : own));
  const known = [...next.folded].filter(([key]) => asExpected(key));
  const folded = new Map([...known, ...foldAll(fold, others, now)]);
  const standings = standingsOf(folded);
  const isRight = (one: Seen) => same(standingOf(one), standingOf(standings.get(noticeKey(one)) ?? one));
  if (!contracts.filter(isOurs).every(isRight)) return false;
  const ocidNotices = ocidsBySource(noticesOf(page)).flatMap(([source, ocids]) =>
    ocids.map((ocid): OcidNotices => {
      const key = ocidKey({ source, ocid });
      const stored = look.processes.filter((one) => one.source === source && one.ocid === ocid);
      const isTouched = page.touchedOcids.has(key) || !areSame(before.get(key), after.get(key));
      return { source, ocid, procurements: folded.get(key) ?? [], stored, touched: isTouched };
    }),
  );
  const own = present.filter(({ _id }) => counted.has(_id.toHexString()));
  const [processes, buyersWritten] = await allOf([
    writeProcesses(db, ocidNotices, now),
    writeBuyers(db, countWrites({ buckets, counts, buyers: own, touched })),
  ]);
  return processes.settled && buyersWritten;
}

/** The notices of each ocid, in one order. */
function byOcid(contracts: readonly Seen[]): Map<string, Seen[]> {
  const all = Map.groupBy(contracts, ocidKey);
  for (const own of all.values()) own.sort((a, b) => (a.noticeId < b.noticeId ? -1 : 1));
  return all;
}

const areSame = (some: readonly Seen[] = [], others: readonly Seen[] = []) =>
  some.length === others.length && some.every((one, at) => isSame(one, others[at] ?? {}));
