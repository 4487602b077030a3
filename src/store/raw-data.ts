// A release as it came, beside its contract: as STORE_RAW wants it, and back again.
import { gunzipSync, gzipSync } from "node:zlib";
import { Binary } from "mongodb";
import type { StoreRaw } from "../terms/documents.ts";

export function rawDataOf(
  { storeRaw }: { storeRaw: StoreRaw },
  { release }: { release: unknown },
): { rawData?: unknown } {
  if (storeRaw === "none") return {};
  return { rawData: storeRaw === "full" ? release : new Binary(gzipSync(JSON.stringify(release))) };
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
