// `processes` as the fold says they are. A process is written under the version that was read before its notices were: if
// somebody has written it since, they are read and folded again. So the last write has seen every notice that any
// finished writer has stored.
import type { AnyBulkWriteOperation, Document, ObjectId } from "mongodb";
import { type Database, isDuplicate } from "../platform/database.ts";
import { type Process, processSchema } from "../terms/documents.ts";
import { sameIn } from "../terms/same.ts";
import { ENDED_AFTER_MS, type Procurement } from "../terms/told.ts";
import { mayHaveTwin } from "../terms/twins.ts";
import type { Source } from "../terms/window.ts";
import { type Inherited, inherited } from "./heirs.ts";
import { processId } from "./ids.ts";
import { asRead, inOrder, whereLacking, withOwn } from "./own-fields.ts";

const PROCESS_FIELDS = Object.keys(processSchema.shape);

/** One ocid: what its notices tell, and what is stored of it. */
export interface OcidNotices {
  source: Source;
  ocid: string;
  procurements: Procurement[];
  stored: Process[];
  /** Some of its notices have changed since its version was read. */
  touched: boolean;
}

/** What is said of its twins is not the fold's (twins.ts). */
type Wanted = Omit<Process, "twins" | "twinsDue" | "updatedAt" | "version">;

/** The procurement with the oldest notice has the ocid's own id; its version stands for all of them. */
function wantedOf({ source, ocid, procurements }: OcidNotices): Wanted[] {
  const oldestFirst = procurements.toSorted((a, b) => {
    const [first, other] = [a, b].map(({ process }) => process.notices[0]);
    const later = Number(first?.publishedDate) - Number(other?.publishedDate);
    return later || ((first?.noticeId ?? "") < (other?.noticeId ?? "") ? -1 : 1);
  });
  return oldestFirst.map((procurement, at) => {
    const buyer = procurement.buyerId?.toHexString() ?? "nobody";
    const _id = processId({ source, ocid, ...(at === 0 ? {} : { buyer }) });
    return { _id, ...procurement.process, ...turnsAtOf(procurement) };
  });
}

function turnsAtOf({ notices, process }: Procurement): { turnsAt?: Date } {
  const open = [...notices.values()].filter(({ status }) => status === "OPEN");
  const until = open.flatMap(({ openUntil }) => openUntil ?? []);
  if (until.length > 0) return { turnsAt: new Date(Math.min(...until.map(Number))) };
  const { state, contractEndDate, contractMaxEndDate } = process;
  const ends = [contractEndDate ?? [], contractMaxEndDate ?? []].flat().map(Number);
  if (state !== "awarded" || ends.length === 0) return {};
  return { turnsAt: new Date(Math.max(...ends) + ENDED_AFTER_MS) };
}

const NOT_OF_FOLD = ["version", "updatedAt", "twins", "twinsDue"];
const OF_FOLD = PROCESS_FIELDS.filter((name) => !NOT_OF_FOLD.includes(name));
const isSame = (one: Document, other: Document) => sameIn(OF_FOLD, one, other);

const areSame = (wanted: readonly Wanted[], stored: readonly Process[]) =>
  wanted.length === stored.length && wanted.every((one) => stored.some((other) => isSame(one, other)));

type Write = AnyBulkWriteOperation<Process>;

interface Writing {
  version: number;
  mainId: ObjectId;
  main: Write | null;
  /** The other procurements of the ocid. */
  others: Write[];
  /** Documents without a procurement. */
  gone: Write[];
  /** What these named as their twins. */
  bereaved: ObjectId[];
  /** What others wrote goes to another document: it is there before this one loses it. */
  moves: boolean;
}

function writingOf(notices: OcidNotices, now: Date): Writing | null {
  const { source, ocid, stored, touched } = notices;
  const all = wantedOf(notices);
  if ((!touched && areSame(all, stored)) || (all.length === 0 && stored.length === 0)) return null;
  const [first, ...rest] = all;
  const mainId = processId({ source, ocid });
  const old = stored.find(({ _id }) => _id.equals(mainId));
  // A run that was stopped in between may have written the others alone: theirs are ahead then.
  const version = Math.max(0, ...stored.map(({ version = 0 }) => version)) + 1;
  const guard = { _id: mainId, version: old?.version ?? 0 };
  const older = { version: { $lt: version } };
  const heritage = inherited(all, stored, PROCESS_FIELDS);
  const write = (one: Wanted, before: Process | undefined, filter: Document) =>
    before
      ? written(one, { filter, version, before, heritage: heritage.of(one._id) })
      : inserted(one, { version, now, heritage: heritage.of(one._id) });
  const wanted = new Set(rest.map(({ _id }) => _id.toHexString()));
  const others = stored.filter(({ _id }) => !_id.equals(mainId));
  const gone = others.filter(({ _id }) => !wanted.has(_id.toHexString()));
  const ending = [...gone, ...(first || !old ? [] : [old])];
  return {
    ...{ version, mainId, moves: heritage.moves },
    main: first ? write(first, old, guard) : old ? { deleteOne: { filter: guard } } : null,
    others: rest.map((one) =>
      write(
        one,
        others.find(({ _id }) => _id.equals(one._id)),
        { _id: one._id, ...older },
      ),
    ),
    gone: gone.map((one) => ({ deleteOne: { filter: { ...asRead(one), ...older } } })),
    bereaved: ending.flatMap(({ twins = [] }) => twins.map(({ processId }) => processId)),
  };
}

function inserted(
  process: Wanted,
  { version, now, heritage }: { version: number; now: Date; heritage: Inherited },
): Write {
  const due = mayHaveTwin(process) ? { twinsDue: true } : {};
  const own = inOrder({ ...process, ...due, version, updatedAt: now }, PROCESS_FIELDS);
  return { insertOne: { document: { ...own, ...heritage.taken } as unknown as Process } };
}

function written(
  process: Wanted,
  options: { filter: Document; version: number; before: Process; heritage: Inherited },
): Write {
  const { filter, version, before, heritage } = options;
  const changed = !isSame(process, before);
  const values = {
    $mergeObjects: [
      { $literal: inOrder({ ...process, version }, PROCESS_FIELDS) },
      {
        twins: "$twins",
        twinsDue: changed && (mayHaveTwin(process) || before.twins) ? true : "$twinsDue",
        updatedAt: changed ? "$$NOW" : "$updatedAt",
      },
    ],
  };
  if (heritage.leaves) {
    const update = [{ $replaceWith: { $mergeObjects: [values, { $literal: heritage.taken }] } }];
    return { updateOne: { filter: { ...asRead(before), ...filter }, update } };
  }
  const own = { $replaceWith: withOwn(values, PROCESS_FIELDS) };
  const lacking = Object.keys(heritage.taken).length > 0 ? whereLacking(heritage.taken) : [];
  return { updateOne: { filter, update: [own, ...lacking] } };
}

export interface ProcessesWritten {
  /** False: somebody was faster, and all is to be read again. */
  settled: boolean;
  changed: number;
}

/** Writes those that differ: one command, where each ocid is one procurement. */
export async function writeProcesses(db: Database, all: OcidNotices[], now: Date): Promise<ProcessesWritten> {
  const writings = all.flatMap((one) => writingOf(one, now) ?? []);
  // First: whoever is stopped in between has marked one too many, and none too few.
  const bereaved = writings.flatMap((one) => one.bereaved);
  if (bereaved.length > 0)
    await db.processes.updateMany({ _id: { $in: bereaved } }, { $set: { twinsDue: true } });
  const moving = writings.filter(({ moves }) => moves);
  const steps = [
    moving.flatMap(({ others }) => others),
    writings.flatMap(({ main }) => main ?? []),
    writings.filter(({ moves }) => !moves).flatMap(({ others }) => others),
    writings.flatMap(({ gone }) => gone),
  ];
  let changed = 0;
  for (const operations of steps) {
    const done = await tryWrite(db, operations);
    if (!done.settled) return done;
    changed += done.changed;
  }
  const several = writings.filter(({ others, gone }) => others.length + gone.length > 0);
  if (several.length === 0) return { settled: true, changed };
  // A slow writer may have put one back that another has taken away: if the version is still its own, it has not.
  const versions = await db.processes
    .find({ _id: { $in: several.map(({ mainId }) => mainId) } }, { projection: { version: 1 } })
    .toArray();
  const isStill = ({ mainId, version, main }: Writing) =>
    main === null ||
    "deleteOne" in main ||
    versions.some((one) => one._id.equals(mainId) && one.version === version);
  return { settled: several.every(isStill), changed };
}

async function tryWrite(
  db: Database,
  operations: AnyBulkWriteOperation<Process>[],
): Promise<ProcessesWritten> {
  if (operations.length === 0) return { settled: true, changed: 0 };
  try {
    const done = await db.processes.bulkWrite(operations, { ordered: false });
    const found = done.matchedCount + done.insertedCount + done.deletedCount;
    return { settled: found === operations.length, changed: done.modifiedCount + done.insertedCount };
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    return { settled: false, changed: 0 };
  }
}

export function readProcesses(
  db: Database,
  notices: readonly { source: Source; ocid: string }[],
): Promise<Process[]> {
  const branches = ocidsBySource(notices).map(([source, ocids]) => ({ source, ocid: { $in: ocids } }));
  return branches.length === 0 ? Promise.resolve([]) : db.processes.find({ $or: branches }).toArray();
}

export function ocidsBySource(notices: readonly { source: Source; ocid: string }[]): [Source, string[]][] {
  const bySource = new Map<Source, Set<string>>();
  for (const { source, ocid } of notices) bySource.set(source, (bySource.get(source) ?? new Set()).add(ocid));
  return [...bySource].map(([source, ocids]) => [source, [...ocids]]);
}
