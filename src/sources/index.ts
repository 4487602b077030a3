// The one list of all sources, in the order in which they are shown.
import type { SourceRules } from "../map/source-rules.ts";
import type { OwnCollections } from "../platform/schema.ts";
import type { StoreDetail } from "../terms/documents.ts";
import { SEARCH_INDEX_BYTES } from "../terms/search.ts";
import type { Volumes, VolumesBySource } from "../terms/source.ts";
import { boardMinutes } from "./board-minutes/source.ts";
import { contractsFinder } from "./contracts-finder/source.ts";
import { findATender } from "./find-a-tender/source.ts";
import type { Source, SourceConfig } from "./source.ts";

export const SOURCES: readonly Source[] = [findATender, contractsFinder, boardMinutes];

export const volumesOf = (sources: readonly SourceConfig[]): VolumesBySource =>
  new Map(
    sources.map(({ source, definition, details = [], search }) => {
      const volumes = withDetails(definition.volumes, details);
      return [source, search === "text" && definition.releases ? withSearchIndex(volumes) : volumes];
    }),
  );

const withSearchIndex = (volumes: Volumes): Volumes => ({
  ...volumes,
  contractExtraBytes: volumes.contractExtraBytes + SEARCH_INDEX_BYTES,
});

function withDetails(volumes: Volumes, details: readonly StoreDetail[]): Volumes {
  const { detailBytes, releaseBytes } = volumes;
  const more = details.reduce((sum, detail) => sum + (detailBytes?.[detail] ?? 0), 0);
  const { none, gzip, full } = releaseBytes;
  return more === 0
    ? volumes
    : { ...volumes, releaseBytes: { none: none + more, gzip: gzip + more, full: full + more } };
}

/** How a source's releases are mapped. @throws RangeError for a source that has none, or is switched off */
export function rulesOf(
  sources: readonly Pick<SourceConfig, "source" | "definition">[],
  id: string,
): SourceRules {
  const rules = sources.find(({ source }) => source === id)?.definition.releases?.rules;
  if (!rules) throw new RangeError(`${id} is not a source of releases that is switched on`);
  return rules;
}

/** What these sources store in, beside the windows. */
export const ownCollections = (sources: readonly Pick<SourceConfig, "definition">[]): OwnCollections =>
  Object.assign({}, ...sources.map(({ definition }) => definition.collections ?? {}));

/** The site's own page of a notice; undefined for a source that has none. */
export function noticePage(id: string, noticeId: string): string | undefined {
  return SOURCES.find((source) => source.id === id)?.releases?.rules.identify(noticeId).sourceUrl;
}
