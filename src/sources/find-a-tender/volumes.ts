// What Find a Tender has published: yearly figures of three crawlers (docs/api-facts.md, Volumes), 2021-25 and 123k for
// 2026, which its 370 to 580 notices a weekday confirm.
import type { Volumes } from "../../terms/source.ts";
import { byWeekdays, LAST_YEAR } from "../ocds/volumes.ts";

const THOUSANDS: Record<number, number> = {
  2021: 32.5,
  2022: 36.7,
  2023: 38,
  2024: 41.6,
  2025: 94.4,
  2026: 123,
};
/** The Procurement Act doubled it on this day; 86.6k in 2025 are 6k before and 80.6k, 94.4k a year, after. */
const PROCUREMENT_ACT_MS = Date.UTC(2025, 1, 24);

export const volumes: Volumes = {
  perDay: byWeekdays((day) => {
    const last = day.getTime() < PROCUREMENT_ACT_MS ? 2024 : LAST_YEAR;
    return THOUSANDS[Math.min(day.getUTCFullYear(), last)] ?? 0;
  }),
  // 1,194 and 400 recorded releases of both sources through map/ and the store; `npm run bench:storage -- --recorded DIR
  // --share 0.2` measures again.
  releaseBytes: { none: 1580, gzip: 3309, full: 6600 },
  detailBytes: { lots: 453, documents: 67, contact: 71 }, // the mean of the same recorded releases
  contractExtraBytes: 1020,
  contractsPerRelease: 1,
};
