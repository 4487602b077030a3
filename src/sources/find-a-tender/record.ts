// How many notices of each year there are: somebody asked for every number that a walk had not brought, on 4 October 2026
// (docs/api-facts.md). What any whole copy can be held against.
import type { RecordedYear } from "../../terms/source.ts";

export const record: readonly RecordedYear[] = [
  { year: 2021, published: 32_522 },
  { year: 2022, published: 36_729 },
  { year: 2023, published: 38_042 },
  { year: 2024, published: 41_642 },
  { year: 2025, published: 86_535 },
  { year: 2026, published: 92_503, upTo: 93_576 },
];
