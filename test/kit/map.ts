// A release through the mapper of its source.
import { type Mapped, mapRelease as mapBy } from "../../src/map/map-release.ts";
import type { Source } from "../../src/replica/sources.ts";
import { SOURCES } from "../../src/sources/index.ts";
import type { StoreDetail } from "../../src/terms/documents.ts";

export function mapRelease({
  source,
  ...rest
}: {
  source: Source;
  release: unknown;
  now: Date;
  details?: readonly StoreDetail[];
}): Mapped {
  const rules = SOURCES.find(({ id }) => id === source)?.releases?.rules;
  if (!rules) throw new RangeError(source);
  return mapBy({ source, rules, ...rest });
}
