// `_id`s that follow from what a document is, so that two writers make the same one.
import { createHash } from "node:crypto";
import { ObjectId } from "mongodb";

const ID_BYTES = 12;

function idOf(text: string): ObjectId {
  return new ObjectId(createHash("sha256").update(text).digest().subarray(0, ID_BYTES));
}

export function contractId(notice: { source: string; ocid: string; noticeId: string }): ObjectId {
  return idOf(`${notice.source}/${notice.ocid}/${notice.noticeId}`);
}

/** The procurement of an ocid; where it holds several of unrelated buyers, `buyer` tells the later ones apart. */
export function processId(process: { source: string; ocid: string; buyer?: string }): ObjectId {
  const { source, ocid, buyer } = process;
  return idOf(["process", source, ocid, ...(buyer === undefined ? [] : [buyer])].join("/"));
}

/** By its name, which it has from the first release on; `apart` where another has that name. */
export function buyerIdOf(key: string, apart = ""): ObjectId {
  return idOf(`buyer/${key}/${apart}`);
}
