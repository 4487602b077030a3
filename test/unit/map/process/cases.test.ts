// Each handed case: what recorded releases must become. Their kinds are described in docs/processes.md and docs/records.md.
import { describe, expect, it } from "vitest";
import type { Procurement } from "../../../../src/map/process/told.ts";
import { cases, differences, hasCases } from "../../../kit/cases.ts";
import { foldReleases } from "../../../kit/told.ts";

/** One procurement as a case speaks of it; of several `documents` counts them. */
function asWanted(procurements: Procurement[] = []): Record<string, unknown> {
  return { ...procurements[0]?.process, documents: procurements.length };
}

describe.skipIf(!hasCases)("case", () => {
  it.each(cases().map((one) => [one.name, one] as const))("%s", (_, one) => {
    const sourceOf = (release: unknown) =>
      JSON.stringify(release).includes('"ocds-b5fd17-') ? "CONTRACTS_FINDER" : "FIND_A_TENDER";
    const { contracts, procurements } = foldReleases(
      one.releases.map((release) => ({ source: sourceOf(release), release })),
      one.now,
    );
    const found = [
      ...Object.entries(one.contracts).map(([id, wanted]) => {
        const contract = contracts.get(id);
        return [id, differences(contract && { ...contract, suppliers: contract.awardedSuppliers }, wanted)];
      }),
      ...Object.entries(one.processes).map(([id, wanted]) => [
        id,
        differences(asWanted(procurements.get(id)), wanted),
      ]),
    ];
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(([, differing]) => differing?.length)).toEqual([]);
  });
});
