// The recorded responses beside the project, where they are; tests that want them are skipped where they are not.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadRecorded } from "../../src/replica/recorded.ts";
import type { Source } from "../../src/replica/sources.ts";

export const CORPUS = fileURLToPath(new URL("../../../shared/corpus", import.meta.url));
export const hasCorpus = existsSync(CORPUS);

/** Every distinct recorded release of a source, as it came. */
export async function recordedReleases(source: Source): Promise<unknown[]> {
  return (await loadRecorded(CORPUS))[source].map(({ recorded }) => recorded);
}
