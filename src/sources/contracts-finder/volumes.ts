// What Contracts Finder has published: 86k revisions a year 2019-22, 105k 2022-25, 40k in 2026, 900k in all
// (docs/api-facts.md, Volumes); what that leaves for 2016-18 is spread evenly.
import type { Volumes } from "../../terms/source.ts";
import { byWeekdays, LAST_YEAR } from "../ocds/volumes.ts";

const THOUSANDS: Record<number, number> = {
  2016: 107,
  2017: 107,
  2018: 107,
  2019: 86,
  2020: 86,
  2021: 86,
  2022: 95,
  2023: 105,
  2024: 105,
  2025: 75,
  2026: 40,
};

export const volumes: Volumes = {
  perDay: byWeekdays((day) => THOUSANDS[Math.min(day.getUTCFullYear(), LAST_YEAR)] ?? 0),
  // Measured as Find a Tender's are.
  releaseBytes: { none: 1540, gzip: 2810, full: 4441 },
  detailBytes: { lots: 0, documents: 182, contact: 100 },
  contractExtraBytes: 1060,
  contractsPerRelease: 0.68, // edits of a notice are releases of their own and no contracts: 610k notices, 900k revisions
};
