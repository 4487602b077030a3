// The text index of contracts, made and dropped as SEARCH_INDEX says. A collection may have one such index only: another
// program's serves as well, and is never touched.
import { type IndexDescriptionInfo, MongoServerError } from "mongodb";
import { SEARCH_INDEX_NAME, type SearchMode } from "../terms/search.ts";
import type { Database } from "./database.ts";
import type { Logger } from "./logger.ts";

const isText = ({ key }: IndexDescriptionInfo) => Object.values(key).includes("text");
/** Two invocations at once: the other one makes it, or has dropped it. */
const SETTLED_BY_OTHERS = new Set<unknown>([27, 85, 86]);

/** A search index is no reason not to run. */
export async function ensureSearchIndex(
  { contracts }: Pick<Database, "contracts">,
  { mode, log }: { mode: SearchMode; log: Logger },
): Promise<void> {
  try {
    const found = (await contracts.indexes()).find(isText);
    if (mode === "text" && found === undefined)
      await contracts.createIndex(
        { title: "text", description: "text" },
        {
          ...{ name: SEARCH_INDEX_NAME, weights: { title: 5, description: 1 }, default_language: "english" },
          language_override: "searchLanguage", // others may have a field `language`, of words that MongoDB does not know
        },
      );
    if (mode !== "text" && found?.name === SEARCH_INDEX_NAME) await contracts.dropIndex(SEARCH_INDEX_NAME);
  } catch (error) {
    if (error instanceof MongoServerError && SETTLED_BY_OTHERS.has(error.code)) return;
    log.warn({ err: error }, "the search index could not be made or dropped; the next run tries again");
  }
}
