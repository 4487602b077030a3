// The one list of all sources, in the order in which they are shown.
import type { SourceRules } from "../map/source-rules.ts";
import type { OwnCollections } from "../platform/database.ts";
import type { VolumesBySource } from "../terms/source.ts";
import { boardMinutes } from "./board-minutes/source.ts";
import { contractsFinder } from "./contracts-finder/source.ts";
import { findATender } from "./find-a-tender/source.ts";
import type { Source, SourceConfig } from "./source.ts";

export const SOURCES: readonly Source[] = [findATender, contractsFinder, boardMinutes];

export const volumesOf = (sources: readonly SourceConfig[]): VolumesBySource =>
  new Map(sources.map(({ source, definition }) => [source, definition.volumes]));

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
