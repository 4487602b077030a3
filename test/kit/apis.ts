// The APIs that the replica stands in for, by their sources' ids.
import type { Source } from "../../src/replica/sources.ts";
import { SOURCES } from "../../src/sources/index.ts";
import type { Api } from "../../src/terms/source.ts";

function apiOf(source: Source): Api {
  const api = SOURCES.find(({ id }) => id === source)?.releases?.api;
  if (!api) throw new RangeError(source);
  return api;
}

export const APIS: Record<Source, Api> = {
  FIND_A_TENDER: apiOf("FIND_A_TENDER"),
  CONTRACTS_FINDER: apiOf("CONTRACTS_FINDER"),
};
