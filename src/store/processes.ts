// `processes` as the fold says they are. A process is written under the version that was read before its notices were: if
// somebody has written it since, they are read and folded again. So the last write has seen every notice that any
// finished writer has stored.
import type { AnyBulkWriteOperation, Document, ObjectId } from "mongodb";
import type { Database } from "../platform/database.ts";
import { type Process, processSchema } from "../terms/documents.ts";
import { ENDED_AFTER_MS, type Procurement } from "../terms/told.ts";
import type { Source } from "../terms/window.ts";
import { processId } from "./ids.ts";
import { withOwn } from "./own-fields.ts";
import { isDuplicate } from "./writes.ts";

const PROCESS_FIELDS = Object.keys(processSchema.shape);

/** One ocid: what its notices tell, and what is stored of it. */
export interface Knot {
  source: Source;
  ocid: string;
  procurements: Procurement[];
  stored: Process[];
  /** Some of its notices have changed since its version was read. */
  touched: boolean;
}

type Wanted = Omit<Process, "updatedAt" | "version">;

/** The procurement with the oldest notice has the ocid's own id; its version stands for all of them. */
function wantedOf({ source, ocid, procurements }: Knot): Wanted[] {
  const inOrder = procurements.toSorted((a, b) => {
    const [first, other] = [a, b].map(({ process }) => process.notices[0]);
    const later = Number(first?.publishedDate) - Number(other?.publishedDate);
    return later || ((first?.noticeId ?? "") < (other?.noticeId ?? "") ? -1 : 1);
  });
  return inOrder.map((procurement, at) => {
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

const inOrder = (values: Document): Document =>
  Object.fromEntries(
    PROCESS_FIELDS.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
  );
const textOf = ({ version: _v, updatedAt: _u, ...values }: Document) => JSON.stringify(inOrder(values));

const same = (wanted: readonly Wanted[], stored: readonly Process[]) =>
  wanted.length === stored.length &&
  wanted.every((one) => stored.some((other) => textOf(one) === textOf(other)));

interface Writing {
  version: number;
  main: AnyBulkWriteOperation<Process> | null;
  mainId: ObjectId;
  others: AnyBulkWriteOperation<Process>[];
}

function writingOf(knot: Knot, now: Date): Writing | null {
  const { source, ocid, stored, touched } = knot;
  const [first, ...rest] = wantedOf(knot);
  const all = first ? [first, ...rest] : rest;
  if ((!touched && same(all, stored)) || (!first && stored.length === 0)) return null;
  const mainId = processId({ source, ocid });
  const old = stored.find(({ _id }) => _id.equals(mainId));
  const version = (old?.version ?? 0) + 1;
  const guard = { _id: mainId, version: old?.version ?? 0 };
  const main = first
    ? old
      ? written(first, { filter: guard, version, changed: textOf(first) !== textOf(old) })
      : inserted(first, version, now)
    : old
      ? { deleteOne: { filter: guard } }
      : null;
  const wanted = new Set(rest.map(({ _id }) => _id.toHexString()));
  const others = stored.filter(({ _id }) => !_id.equals(mainId));
  const kept = new Map(others.map((one) => [one._id.toHexString(), one]));
  const older = { version: { $lt: version } };
  return {
    version,
    main,
    mainId,
    others: [
      ...others
        .filter(({ _id }) => !wanted.has(_id.toHexString()))
        .map(({ _id }) => ({ deleteOne: { filter: { _id, ...older } } })),
      ...rest.map((one) => {
        const before = kept.get(one._id.toHexString());
        if (!before) return inserted(one, version, now);
        const changed = textOf(one) !== textOf(before);
        return written(one, { filter: { _id: one._id, ...older }, version, changed });
      }),
    ],
  };
}

function inserted(process: Wanted, version: number, now: Date): AnyBulkWriteOperation<Process> {
  const document = inOrder({ ...process, version, updatedAt: now }) as unknown as Process;
  return { insertOne: { document } };
}

function written(
  process: Wanted,
  { filter, version, changed }: { filter: Document; version: number; changed: boolean },
): AnyBulkWriteOperation<Process> {
  const values = {
    $mergeObjects: [
      { $literal: inOrder({ ...process, version }) },
      { updatedAt: changed ? "$$NOW" : "$updatedAt" },
    ],
  };
  return { updateOne: { filter, update: [{ $replaceWith: withOwn(values, PROCESS_FIELDS) }] } };
}

export interface ProcessesWritten {
  /** False: somebody was faster, and all is to be read again. */
  settled: boolean;
  changed: number;
}

/** Writes those that differ: one command, where each ocid is one procurement. */
export async function writeProcesses(db: Database, knots: Knot[], now: Date): Promise<ProcessesWritten> {
  const writings = knots.flatMap((knot) => writingOf(knot, now) ?? []);
  const mains = await tryWrite(
    db,
    writings.flatMap(({ main }) => main ?? []),
  );
  if (!mains.settled) return mains;
  const several = writings.filter(({ others }) => others.length > 0);
  if (several.length === 0) return mains;
  const rest = await tryWrite(
    db,
    several.flatMap(({ others }) => others),
  );
  // A slow writer may have put one back that another has taken away: if the version is still its own, it has not.
  const versions = await db.processes
    .find({ _id: { $in: several.map(({ mainId }) => mainId) } }, { projection: { version: 1 } })
    .toArray();
  const isStill = ({ mainId, version, main }: Writing) =>
    main === null ||
    "deleteOne" in main ||
    versions.some((one) => one._id.equals(mainId) && one.version === version);
  return {
    settled: rest.settled && several.every(isStill),
    changed: mains.changed + rest.changed,
  };
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
