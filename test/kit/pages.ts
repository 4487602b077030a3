// Builders of rows and pages for tables of cases.

import { pageUrl, type Question } from "../../src/fetch/api.ts";
import type { Page } from "../../src/fetch/page.ts";
import type { Source } from "../../src/replica/sources.ts";
import { fromLondon, londonTime, plusSeconds } from "../../src/terms/london-time.ts";
import type { Row } from "../../src/terms/release.ts";
import { APIS } from "./apis.ts";

export function row(options: { id: string; at: string; tags?: string[]; ocid?: string }): Row {
  const { id, at, tags = ["tender"], ocid = `ocds-${id}` } = options;
  const date = fromLondon(londonTime(at));
  return {
    key: `${ocid}/${id}`,
    ocid,
    releaseId: id,
    date,
    tags,
    release: { ocid, id, date: date.toISOString() },
  };
}

/** `count` rows, newest first, `everySeconds` apart, below and including `newest`. */
export function rowsBelow(options: {
  newest: string;
  count: number;
  everySeconds: number;
  firstNumber?: number;
}): Row[] {
  const { newest, count, everySeconds, firstNumber = 5000 } = options;
  return Array.from({ length: count }, (_, at) =>
    row({
      id: `${String(firstNumber - at).padStart(6, "0")}-2026`,
      at: plusSeconds(londonTime(newest), -at * everySeconds),
    }),
  );
}

export function question(lo: string, hi: string, stage = "all", limit = 100): Question {
  return { stage, lo: londonTime(lo), hi: londonTime(hi), limit };
}

/** The page that an API in order would answer. */
export function pageOf(source: Source, asked: Question, rows: Row[], next: string | null = null): Page {
  return { uri: pageUrl(APIS[source], "https://api.example", asked), rows, unidentified: [], next };
}
