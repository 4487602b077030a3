// The daily list of what was published, since December 2014: a release a row, a column for each JSON path (docs/api-facts.md).
import type { Witness } from "../../terms/source.ts";

export const witness: Witness = {
  origin: "https://cdp-sirsi-production-cfs-471112843276.s3.eu-west-2.amazonaws.com",
  path: (day) => `/Harvester-new/${day.slice(0, 7)}/Contracts%20Finder%20OCDS%20${day}.csv`,
  columns: { ocid: "releases/0/ocid", releaseId: "releases/0/id", date: "releases/0/date" },
};
