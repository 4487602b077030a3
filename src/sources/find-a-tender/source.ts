// Find a Tender: notices above the thresholds, since January 2021.
import { ALL_STAGES } from "../../terms/window.ts";
import { defineReleases } from "../ocds/define.ts";
import { rules } from "./map.ts";
import { record } from "./record.ts";
import { volumes } from "./volumes.ts";

export const findATender = defineReleases({
  name: "Find a Tender",
  alias: "fat",
  prefix: "FAT",
  origin: "https://www.find-tender.service.gov.uk",
  firstDay: new Date("2021-01-01T00:00:00Z"), // the first notice is of 2 January (docs/api-facts.md)
  stages: { preset: ALL_STAGES, allowed: ["planning", "tender", "award"] },
  api: {
    source: "FIND_A_TENDER",
    path: "/api/1.0/ocdsReleasePackages",
    fromName: "updatedFrom",
    toName: "updatedTo",
    spanSecondsMin: 1, // equal ends are answered with 400
    order: "id",
    marginRows: 9,
    // Half a character, which JSON can hold, is no part of an address.
    lookupPath: (noticeId) => `/api/1.0/ocdsReleasePackages/${encodeURIComponent(noticeId.toWellFormed())}`,
    refusesUnknownParameters: true,
    cooldownSeconds: { 429: 120, 403: 300 },
    stages: [], // `stages` hides most rows here
  },
  rules,
  volumes,
  record,
});
