// A row → what is to be stored of it, or why it cannot be. Pure, and it never throws: whatever happens to one release ends
// in quarantine, and its page goes on.
import type { Config } from "../config/config.ts";
import { type Mapped, mapRelease } from "../map/map-release.ts";
import type { SourceRules } from "../map/source-rules.ts";
import { rawDataOf, rawTrouble } from "../store/raw-data.ts";
import type { Upsert } from "../store/statements.ts";
import { bsonBytes } from "../store/store.ts";
import { messageOf } from "../terms/errors.ts";
import type { Row } from "../terms/release.ts";
import type { Source } from "../terms/window.ts";

export type Prepared =
  | { kind: "stored"; upsert: Upsert; bytes: number }
  | { kind: "rejected"; reason: string };

/** A MongoDB document has 16,777,216 bytes at most, and so has the command that carries it. */
const DOCUMENT_BYTES_MAX = 12_000_000;

export function prepareRow(options: {
  source: Source;
  rules: SourceRules;
  row: Row;
  now: Date;
  config: Parameters<typeof rawDataOf>[0] & Pick<Config, "storeDetails">;
}): Prepared {
  const { row, config } = options;
  try {
    const mapped = mapRow(options);
    if (mapped.kind === "rejected") return { kind: "rejected", reason: mapped.reason };
    const trouble = rawTrouble(config, row);
    if (trouble !== null) return { kind: "rejected", reason: trouble };
    const { contract, revision, buyers } = mapped;
    const upsert = { contract, buyers, revision, ...rawDataOf(config, row) };
    const bytes = bsonBytes(upsert);
    if (bytes > DOCUMENT_BYTES_MAX)
      return { kind: "rejected", reason: `it takes ${bytes} bytes: expected at most ${DOCUMENT_BYTES_MAX}` };
    return { kind: "stored", upsert, bytes };
  } catch (error) {
    return { kind: "rejected", reason: `it cannot be made a document, as was expected: ${messageOf(error)}` };
  }
}

function mapRow(options: Parameters<typeof prepareRow>[0]): Mapped {
  const { source, rules, row, now, config } = options;
  const { ocid, releaseId, broken } = row;
  if (broken) return { kind: "rejected", ocid, releaseId, reason: broken.reason };
  return mapRelease({ source, rules, release: row.release, now, details: config.storeDetails });
}
