// What stands around the releases, and the answers without any: envelopes, headers and error bodies as recorded.
import { toLondon } from "../terms/london-time.ts";
import { zoned } from "./made-up.ts";
import type { Source } from "./sources.ts";

const OCDS = "https://raw.githubusercontent.com/open-contracting-extensions";
const CCS = "https://raw.githubusercontent.com/Crown-Commercial-Service";
const EXTENSIONS: Record<Source, string[]> = {
  FIND_A_TENDER: [
    "https://standard.open-contracting.org/profiles/eu/latest/en/extension.json",
    `${OCDS}/ocds_amendment_rationale_classifications_extension/master/extension.json`,
    `${OCDS}/ocds_budget_breakdown_extension/master/extension.json`,
    `${OCDS}/ocds_contract_completion_extension/master/extension.json`,
    `${OCDS}/ocds_documentation_extension/master/extension.json`,
    `${OCDS}/ocds_pagination_extension/master/extension.json`,
    `${OCDS}/ocds_suitability_extension/master/extension.json`,
    "https://raw.githubusercontent.com/portaledcahn/ocds_Links_extension/main/extension.json",
    "https://raw.githubusercontent.com/cabinetoffice/ocds_uk_extension/main/extension.json",
  ],
  CONTRACTS_FINDER: [
    "https://standard.open-contracting.org/profiles/eu/master/en/extension.json",
    "https://raw.githubusercontent.com/portaledcahn/ocds_tenderDatePublished_extension/master/extension.json",
    `${OCDS}/ocds_budget_breakdown_extension/master/extension.json`,
    `${CCS}/ocds_awards_datePublished_extension/main/extension.json`,
    `${CCS}/ocds_partyDetails_vcse_extension/main/extension.json`,
    `${CCS}/ocds_tender_suitability_extension/main/extension.json`,
    `${OCDS}/ocds_pagination_extension/master/extension.json`,
  ],
};
/** FaT names it on every page that has a release. */
const PERFORMANCE_EXTENSION = `${OCDS}/ocds_performance_failures_extension/master/extension.json`;
const PUBLISHER = {
  publisher: {
    name: "Cabinet Office",
    scheme: "GB-GOR",
    uid: "D2",
    uri: "https://www.gov.uk/government/organisations/cabinet-office",
  },
  license: "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
  publicationPolicy: "https://www.gov.uk/government/publications/open-contracting",
};

/** Milliseconds of the newest row's date, or null for a page without rows. */
export function envelopeText(
  source: Source,
  page: { uri: string; dateMs: number | null; releases: string[]; next: string | null },
): string {
  const { uri, dateMs, releases, next } = page;
  const extensions =
    source === "FIND_A_TENDER" && releases.length > 0
      ? [...EXTENSIONS[source], PERFORMANCE_EXTENSION]
      : EXTENSIONS[source];
  const before = JSON.stringify({
    uri,
    version: "1.1",
    extensions,
    publishedDate: dateMs === null ? "" : zoned(dateMs),
    ...PUBLISHER,
  });
  const after = next === null ? "" : `,"links":{"next":${JSON.stringify(next)}}`;
  return `${before.slice(0, -1)},"releases":[${releases.join(",")}]${after}}`;
}

export const PAGE_HEADERS: Record<string, string> = {
  "content-type": "application/json",
  expires: "Thu, 19 Nov 1981 08:52:00 GMT",
  "cache-control": "no-store, no-cache, must-revalidate, post-check=0, pre-check=0",
  pragma: "no-cache",
  "x-content-type-options": "nosniff",
};

/** Both sites indent what a person may read. */
const indented = (value: object) => `${JSON.stringify(value, null, 4)}\n`;

export const CF_NOT_FOUND = indented({ code: "ValidationError", errors: 3200 });
/** Its words are as reported by a client; the shape is that of the other errors. */
export const CF_CURSOR_CHANGED = indented({
  code: "ValidationError",
  errors: "cursor must match returned nextCursor from previous request",
});
export const CF_FORBIDDEN =
  "<html><head><title>Forbidden - Contracts Finder</title></head><body><p><h1><strong>Request forbidden</strong></h1></p>" +
  "<p>The request rate limit may have been exceeded. If you believe this is an error " +
  '<a href="https://www.contractsfinder.service.gov.uk/Home/Contact">contact us</a> quoting bWFkZSB1cA==.</p></body></html>\n';

export function fatBadRequest(path: string, nowMs: number, exception: string): string {
  return indented({
    timestamp: toLondon(new Date(nowMs)), // without a zone, unlike that of a 404
    status: 400,
    error: "Bad Request",
    message: "Request parameters unknown",
    path,
    exception,
  });
}

export function fatNotFound(path: string, nowMs: number): string {
  return indented({
    timestamp: zoned(Math.floor(nowMs / 1000) * 1000),
    status: 404,
    error: "Not Found",
    message: "",
    path,
    exception: "'identifier' is not found",
  });
}

export const rateLimitText = (requests: number, seconds: number) =>
  `Rate limit of ${requests} exceeded. Please retry after ${seconds} seconds.`;

// windows-1252 is Latin-1 but for these, at 0x80 and up; U+0081 and its like stand for the five bytes that it leaves open.
const WINDOWS_1252 =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

/** The JSON text in windows-1252; what that lacks is escaped, as JSON can. */
export function encodeWindows1252(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const unit of text.split("")) {
    const code = unit.charCodeAt(0);
    const high = code >= 0x80 ? WINDOWS_1252.indexOf(unit) : -1;
    if (code < 0x80 || (code >= 0xa0 && code <= 0xff)) bytes.push(code);
    else if (high >= 0) bytes.push(0x80 + high);
    else for (const digit of `\\u${code.toString(16).padStart(4, "0")}`) bytes.push(digit.charCodeAt(0));
  }
  return Uint8Array.from(bytes);
}
