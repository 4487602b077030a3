// A release → a contract and its buyer, or the reason why not. Pure, and it never throws: a release that cannot be mapped
// is rejected with a reason that names the place.
import type { MappedBuyer, MappedContract, StoreDetail } from "../terms/documents.ts";
import type { Source } from "../terms/window.ts";
import { buyersOf } from "./buyer.ts";
import { detailsOf } from "./details.ts";
import { fieldsOf } from "./fields.ts";
import { type Parts, partsOf } from "./parts.ts";
import { foldOcid } from "./process/fold.ts";
import { date, filled, isObject, type Json, latest, list, weight } from "./read.ts";
import type { SourceRules } from "./source-rules.ts";

export type Mapped =
  | {
      kind: "mapped";
      contract: MappedContract;
      /** The buyer, then those that buy jointly with it. */
      buyers: MappedBuyer[];
      revision: number | null;
    }
  | { kind: "rejected"; ocid: string | null; releaseId: string | null; reason: string };

const ID_LENGTH_MAX = 300; // the longest real one has 80 characters
// A MongoDB document and a command have 16,777,216 at most: a contract with what the store adds; the buyers of a whole page.
const CONTRACT_BYTES_MAX = 8_000_000;
const BUYER_BYTES_MAX = 80_000; // stored twice (`said`), and a page has 100
// Control characters and spaces would make an id that nobody can type.
const plainId = /^[^\p{C}\s]+$/u;

export function mapRelease(options: {
  source: Source;
  rules: SourceRules;
  release: unknown;
  now: Date;
  /** STORE_DETAILS */
  details?: readonly StoreDetail[];
}): Mapped {
  const { source, rules, release, now, details = [] } = options;
  if (!isObject(release))
    return { kind: "rejected", ocid: null, releaseId: null, reason: "expected an object" };
  const ocid = idAt(release, "ocid");
  const releaseId = idAt(release, "id");
  const rejected = (reason: string): Mapped => ({ kind: "rejected", ocid, releaseId, reason });
  // A slash in the ocid would make two notices one: source/ocid/noticeId.
  if (ocid === null || ocid.includes("/"))
    return rejected(`ocid: expected a plain text of 1 to ${ID_LENGTH_MAX} characters without a slash`);
  if (releaseId === null) return rejected(`id: expected a plain text of 1 to ${ID_LENGTH_MAX} characters`);
  try {
    const parts = partsOf(release);
    const publishedDate = publishedDateOf(parts);
    if (!publishedDate) return rejected("date: expected a date between 1950 and 2150");
    const { revision, ...ids } = rules.identify(releaseId);
    const { stage, ...fields } = fieldsOf(parts, rules, { ocid, noticeId: ids.noticeId, revision });
    const buyers = buyersOf(parts);
    const [buyer] = buyers;
    const deliveryRegions = rules.deliveryRegions(parts);
    const elsewhere = deliveryRegions.some((region) => region !== buyer?.region);
    const more = detailsOf(parts, details);
    const bytes = weight([fields, deliveryRegions, more]);
    const buyerBytes = Math.max(0, ...buyers.map(weight));
    if (bytes > CONTRACT_BYTES_MAX)
      return rejected(`its texts take up to ${bytes} bytes: expected at most ${CONTRACT_BYTES_MAX}`);
    if (buyerBytes > BUYER_BYTES_MAX)
      return rejected(`buyer: takes up to ${buyerBytes} bytes: expected at most ${BUYER_BYTES_MAX}`);
    const told = {
      source,
      ocid,
      ...ids,
      stage,
      publishedDate,
      ...filled({
        buyerName: buyer?.name,
        buyerRegion: buyer?.region,
        regions: elsewhere ? deliveryRegions : undefined,
      }),
      ...fields,
    };
    const [procurement] = foldOcid([told], now);
    const status = procurement?.notices.get(ids.noticeId)?.status ?? "CLOSED";
    const contract: MappedContract = { ...told, status, ...more };
    return { kind: "mapped", contract, buyers, revision };
  } catch (error) {
    // One bad release never blocks a page: a shape that nobody thought of is evidence in quarantine.
    return rejected(`the mapper failed on it: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function idAt(release: Json, name: string): string | null {
  const id = Object.hasOwn(release, name) ? release[name] : undefined;
  return typeof id === "string" && id.length <= ID_LENGTH_MAX && plainId.test(id) && id.isWellFormed()
    ? id
    : null;
}

/** The release's date; where that cannot be read, the latest day on which one of its parts was published. */
function publishedDateOf({ release, planning, tender, awards, contracts }: Parts): Date | undefined {
  const said = date(release["date"]);
  if (said) return said;
  const parts = [planning, tender, ...awards, ...contracts];
  const documents = parts.flatMap((part) => list(part["documents"]));
  return latest([...parts, ...documents].map((part) => date(part["datePublished"])));
}
