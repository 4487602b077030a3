// SEARCH_INDEX: by what the words of titles and descriptions are found.

/** `text`: MongoDB's own index, `atlas`: one of Atlas Search, made by its command line (docs/storage.md), `off`: none. */
export const SEARCH_MODES = ["text", "atlas", "off"] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

/** Of our own index, and of the one that docs/atlas-search.json describes. */
export const SEARCH_INDEX_NAME = "words";

/** What `text` takes of each contract: 4,500 recorded releases stored page by page took 482 to 558 (2026-11-25, MongoDB 6.0). */
export const SEARCH_INDEX_BYTES = 560;
