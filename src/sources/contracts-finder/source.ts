// Contracts Finder: notices from the lower thresholds up, since November 2016.
import { defineReleases } from "../ocds/define.ts";
import { rules } from "./map.ts";
import { volumes } from "./volumes.ts";
import { witness } from "./witness.ts";

const STAGES = ["planning", "tender", "award", "implementation"];

export const contractsFinder = defineReleases({
  name: "Contracts Finder",
  alias: "cf",
  prefix: "CF",
  origin: "https://www.contractsfinder.service.gov.uk",
  firstDay: new Date("2016-11-01T00:00:00Z"), // the oldest release dates (docs/api-facts.md)
  stages: { preset: STAGES.join(","), allowed: STAGES },
  api: {
    source: "CONTRACTS_FINDER",
    path: "/Published/Notices/OCDS/Search",
    fromName: "publishedFrom",
    toName: "publishedTo",
    spanSecondsMin: 1,
    order: "date",
    marginRows: 3,
    lookupPath: null,
    cooldownSeconds: { 429: 120, 403: 300 },
    stages: STAGES,
  },
  rules,
  volumes,
  witness,
});
