// What an application imports: `import { contractSchema, releaseOf, type Contract } from "tendhunt-data-sync"`.
export { nameId } from "./map/organisation.ts";
export { regionName } from "./map/regions.ts";
export { releaseOf } from "./store/raw-data.ts";
export * from "./terms/documents.ts";
export * from "./terms/window.ts";

/** The sources of contracts, as `source` has them. */
export const SOURCES = ["FIND_A_TENDER", "CONTRACTS_FINDER"] as const;
