// Invariant 10: another program that writes into `contracts`, `buyers` and `processes` while invocations are at work, and
// looks after each of their changes whether what it wrote is there.
import type { Document } from "mongodb";
import type { Random } from "../../src/replica/random.ts";
import { clone } from "../../src/sim/expressions.ts";
import { keyOf } from "../../src/sim/memory-index.ts";
import { documentsOf, type MemoryStore, replace } from "../../src/sim/memory-store.ts";
import { same } from "../../src/terms/same.ts";

export interface Application {
  /** When it writes, in ms from the start of an invocation. */
  turns(): number[];
  write(): void;
  /** Whether it is itself that writes. */
  isWriting(): boolean;
  changed(change: Parameters<MemoryStore["onChange"]>[0]): void;
  atTheEnd(): void;
}

const TURNS_MAX = 4;
const SPAN_MS = 60_000;
const AT_ONCE = 5;

const COLLECTIONS = ["contracts", "buyers", "processes"] as const;
/** Where others' changes of a field that is ours are kept. */
const SHARED: Readonly<Record<string, string>> = { contracts: "documents", buyers: "website" };

/** Each field says what it was written about: a process by a notice of it, since another may get its `_id`. */
const PREFIX = "theirs of ";
const theirsOf = (document: Document) => Object.keys(document).filter((field) => field.startsWith(PREFIX));
const aboutNotice = (ocid: string, noticeId: string) => `${PREFIX}${ocid}/${noticeId}`;

function fieldFor(collection: string, document: Document): string {
  const [first] = document["notices"] ?? [];
  return collection === "processes"
    ? aboutNotice(document["ocid"], first.noticeId)
    : `${PREFIX}${keyOf(document["_id"])}`;
}

/** Some of its notices have left it, and some have not. */
function isSplit(before: Document, after: Document): boolean {
  const stays = ({ noticeId }: Document) =>
    after["notices"].some((notice: Document) => notice["noticeId"] === noticeId);
  return before["notices"].some(stays) && !before["notices"].every(stays);
}

export function createApplication(options: {
  store: MemoryStore;
  random: Random;
  violate: (message: string) => void;
}): Application {
  const { store, random, violate } = options;
  let writes = 0;
  let writing = false;
  const aboutProcesses = new Set<string>();
  /** Ocids of which one procurement became two: what was written then stays with the older notice. */
  const split = new Set<unknown>();

  function writeInto(collection: string): void {
    const all = [...documentsOf(store, collection).values()];
    for (let left = AT_ONCE; left > 0 && all.length > 0; left--) {
      const [before] = all.splice(Math.floor(random() * all.length), 1);
      if (!before) return;
      const field = fieldFor(collection, before);
      const after: Document = { ...clone(before), [field]: { written: ++writes } };
      if (collection === "processes") aboutProcesses.add(field);
      if (collection === "contracts") after["documents"] = [{ id: `theirs ${writes}` }];
      if (collection === "buyers") after["website"] = `https://theirs.example/${writes}`;
      replace(store, collection, { before, after });
    }
  }

  function expectKept(collection: string, before: Document, after: Document): void {
    const shared = SHARED[collection] ?? "";
    const changed = JSON.stringify(before[shared] ?? "").includes("theirs") ? [shared] : [];
    for (const field of [...theirsOf(before), ...changed]) {
      if (same(before[field], after[field])) continue;
      const [was, is] = [before, after].map((one) => JSON.stringify(one[field]));
      violate(`invariant 10: ${field} in ${collection} ${keyOf(before["_id"])} was ${was}, and is ${is}`);
    }
  }

  function buyerGone(before: Document): void {
    const kept = documentsOf(store, "buyers").get(keyOf(before["mergedInto"])) ?? {};
    const lost = theirsOf(before).find((field) => kept[field] === undefined);
    if (lost) violate(`invariant 10: "${lost}" has gone with the buyer ${keyOf(before["_id"])}`);
  }

  return {
    turns: () =>
      Array.from({ length: Math.floor(random() * TURNS_MAX) }, () => Math.floor(random() * SPAN_MS)),
    isWriting: () => writing,
    write() {
      writing = true;
      for (const collection of COLLECTIONS) writeInto(collection);
      writing = false;
    },
    changed({ collection, before, after }) {
      if (!before) return;
      if (collection === "processes" && after && isSplit(before, after)) split.add(after["ocid"]);
      if (collection === "buyers" && !after) buyerGone(before);
      else if (after && (collection === "buyers" || collection === "contracts"))
        expectKept(collection, before, after);
    },
    atTheEnd() {
      const found = new Set<string>();
      for (const one of documentsOf(store, "processes").values()) {
        const notices: { noticeId: string }[] = one["notices"];
        const own = new Set(notices.map(({ noticeId }) => aboutNotice(one["ocid"], noticeId)));
        for (const field of theirsOf(one)) {
          found.add(field);
          if (!own.has(field) && !split.has(one["ocid"]))
            violate(`invariant 10: a process has "${field}", which is about another`);
        }
      }
      const lost = [...aboutProcesses].find((field) => !found.has(field));
      if (lost) violate(`invariant 10: no process has "${lost}", which was written into one`);
    },
  };
}
