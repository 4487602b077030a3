// A release as it came, beside its contract: as STORE_RAW wants it, and back again.
import { gunzipSync, gzipSync } from "node:zlib";
import { Binary, BSON } from "mongodb";
import type { StoreRaw } from "../terms/documents.ts";
import { messageOf } from "../terms/errors.ts";

export function rawDataOf(
  { storeRaw }: { storeRaw: StoreRaw },
  { release }: { release: unknown },
): { rawData?: unknown } {
  if (storeRaw === "none") return {};
  return { rawData: storeRaw === "full" ? release : new Binary(gzipSync(JSON.stringify(release))) };
}

/** MongoDB takes 200 levels, those of the statement around it included. */
const DEPTH_MAX = 100;

/** Why a release cannot stand in a document as it came; null when it can. Gzipped, it is only bytes. */
export function rawTrouble(
  { storeRaw }: { storeRaw: StoreRaw },
  { release }: { release: unknown },
): string | null {
  if (storeRaw !== "full") return null;
  if (isDeeper(release, DEPTH_MAX))
    return `STORE_RAW=full cannot keep it: it is nested deeper than ${DEPTH_MAX} levels`;
  try {
    BSON.serialize({ release }); // a key with a NUL, or one that BSON takes for its own
    return null;
  } catch (error) {
    return `STORE_RAW=full cannot keep it, expected is what BSON can hold: ${messageOf(error)}`;
  }
}

function isDeeper(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return false;
}

/** The release that a contract keeps in `rawData`, whichever way; undefined where it keeps none. */
export function releaseOf({ rawData }: { rawData?: unknown }): unknown {
  const bytes = bytesOf(rawData);
  return bytes === null ? rawData : JSON.parse(gunzipSync(bytes).toString("utf8"));
}

/** Binary as any driver's version hands it over, also with `promoteBuffers`. */
function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== "object" || value === null || !("_bsontype" in value) || !("buffer" in value))
    return null;
  if (value._bsontype !== "Binary" || !(value.buffer instanceof Uint8Array)) return null;
  const length = "position" in value && typeof value.position === "number" ? value.position : undefined;
  return value.buffer.subarray(0, length);
}
