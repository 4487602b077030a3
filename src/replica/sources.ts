// The two sites that the replica stands in for.
export const SOURCES = ["FIND_A_TENDER", "CONTRACTS_FINDER"] as const;
export type Source = (typeof SOURCES)[number];

/** A source's id as the database has it. @throws RangeError for one that the replica does not stand in for */
export function sourceOf(id: string): Source {
  const source = SOURCES.find((one) => one === id);
  if (!source) throw new RangeError(`the replica has no ${id}`);
  return source;
}
