// map → store for the rows of one page: every release ends in `contracts` or, with its text and the reason, in
// `quarantine`.
import { createHash } from "node:crypto";
import type { Page } from "../fetch/page.ts";
import { distinct } from "../fetch/walk.ts";
import { type Mapped, mapRelease } from "../map/map-release.ts";
import type { SourceRules } from "../map/source-rules.ts";
import { growthBytes } from "../store/budget.ts";
import { rawDataOf } from "../store/raw-data.ts";
import { identified, type Upsert } from "../store/statements.ts";
import { bsonBytes, countUnknown, quarantine, release, storePage } from "../store/store.ts";
import type { MappedBuyer, StoreDetail } from "../terms/documents.ts";
import type { Row } from "../terms/release.ts";
import type { Source } from "../terms/window.ts";
import type { StoreContext } from "./context.ts";
import { storing } from "./headroom.ts";

export interface StoredRows {
  /** Contracts inserted or changed. */
  changed: number;
  /** Releases that were not here before: contracts inserted, revisions added, releases newly in quarantine. */
  added: number;
  /** BSON bytes of each row's contract, by row key; a row in quarantine has none. */
  bytes: ReadonlyMap<string, number>;
  /** Releases that went into quarantine. */
  quarantined: number;
}

export const NOTHING_STORED: StoredRows = { changed: 0, added: 0, bytes: new Map(), quarantined: 0 };

// A document may have 16 MB; the evidence for one release need not have more than this.
const EVIDENCE_CHARACTERS_MAX = 2_000_000;

interface StoreOptions {
  page: Pick<Page, "rows" | "unidentified">;
  /** Where the page was asked for: evidence of what goes into quarantine. */
  place: string;
  windowId: string | null;
  /** Find out how many of the releases are new here (one more read). */
  countAdded?: boolean;
}

export async function storeRows(context: StoreContext, options: StoreOptions): Promise<StoredRows> {
  const { source, rules, db, effects, config, room } = context;
  const { page, place, windowId } = options;
  const now = effects.now();
  const upserts: Upsert[] = [];
  const buyers: MappedBuyer[] = [];
  const bytes = new Map<string, number>();
  const released: string[] = [];
  const cases: Parameters<typeof quarantine>[1] = [];
  for (const row of distinct(page.rows)) {
    const id = `${source}/${row.key}`;
    const mapped = mapRow({ source, rules, row, now, details: config.storeDetails });
    if (mapped.kind === "rejected") {
      const { ocid, releaseId } = row;
      cases.push({
        _id: id,
        source,
        windowId,
        ocid,
        releaseId,
        place,
        reason: mapped.reason,
        rawText: evidence(row),
      });
      continue;
    }
    const { contract, revision } = mapped;
    const upsert = { contract: identified(contract, mapped.buyers), revision, ...rawDataOf(config, row) };
    upserts.push(upsert);
    bytes.set(row.key, bsonBytes(upsert));
    buyers.push(...mapped.buyers);
    if (context.quarantined.has(id)) released.push(id);
  }
  for (const { rawText, reason } of page.unidentified) {
    const hash = createHash("sha256").update(rawText).digest("hex").slice(0, 24);
    const text = rawText.slice(0, EVIDENCE_CHARACTERS_MAX);
    cases.push({
      _id: `${source}/${hash}`,
      source,
      windowId,
      ocid: null,
      releaseId: null,
      place,
      reason,
      rawText: text,
    });
  }
  const newCases = cases.filter(({ _id }) => !context.quarantined.has(_id)).length;
  const added = options.countAdded ? newCases + (await countUnknown(db, upserts)) : 0;
  const { changed, inserted } = await storing(room, async () => {
    const stored = await storePage(db, { upserts, buyers });
    await quarantine(db, cases, now);
    return stored;
  });
  const read = [...bytes.values()].reduce((sum, one) => sum + one, 0);
  room.grownBytes += growthBytes({ inserted, upserted: upserts.length, bytes: read });
  await release(db, released);
  for (const { _id } of cases) context.quarantined.add(_id);
  for (const id of released) context.quarantined.delete(id);
  context.report.contractsChanged += changed;
  context.report.quarantined += newCases;
  return { changed, added, bytes, quarantined: cases.length };
}

export function mapRow(options: {
  source: Source;
  rules: SourceRules;
  row: Row;
  now: Date;
  details: readonly StoreDetail[];
}): Mapped {
  const { source, rules, row, now, details } = options;
  const { ocid, releaseId, broken } = row;
  if (broken) return { kind: "rejected", ocid, releaseId, reason: broken.reason };
  return mapRelease({ source, rules, release: row.release, now, details });
}

function evidence({ release: raw, broken }: Row): string {
  return (broken?.rawText ?? JSON.stringify(raw) ?? "null").slice(0, EVIDENCE_CHARACTERS_MAX);
}
