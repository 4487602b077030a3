// The closed list of what the real APIs do wrong, each a switch. `always`: a property of the API whenever it is on;
// `sometimes`: strikes single answers at random (seeded); `planted`: sits in single releases of the history; `witness`: is
// in Contracts Finder's daily CSV; `broken habit`: breaks what this system takes for granted, by name alone.
export const FAULTS = {
  "cursor-drops": {
    kind: "always",
    what: "pages behind a cursor come in a hidden order: they drop rows and repeat others",
  },
  "self-cursor": { kind: "sometimes", what: "a cursor that points at itself" },
  "missing-links": { kind: "always", what: "some full pages have no links.next though more rows exist" },
  "stages-hide": { kind: "always", what: "FaT: `stages` returns only pre-Procurement-Act releases" },
  "comma-list-empty": { kind: "always", what: "FaT: a comma list of stages returns 200 with no releases" },
  "bare-zeros": { kind: "planted", what: "a bare 000 as a number: no JSON parser reads the page" },
  infinity: { kind: "planted", what: "1e9999 as a number: JSON.parse gives Infinity" },
  mojibake: { kind: "planted", what: "CF: text that was decoded wrongly once, inside valid UTF-8" },
  "windows-1252": { kind: "sometimes", what: "CF: the page is not UTF-8" },
  "duplicate-ids": { kind: "planted", what: "a release comes twice, byte for byte, in one page" },
  "wrong-dates": {
    kind: "planted",
    what: "FaT: a release's date is not the instant that it is listed under",
  },
  "late-rows": { kind: "planted", what: "a row appears up to 90 seconds after its date" },
  "very-late-rows": {
    kind: "planted",
    what: "a row appears hours or days after its date: only verification can find it",
  },
  "empty-body": { kind: "sometimes", what: "200 without a body" },
  truncated: { kind: "sometimes", what: "half of the body, and a proper end" },
  reset: { kind: "sometimes", what: "the connection is reset" },
  slow: { kind: "sometimes", what: "the answer takes seconds" },
  "500": { kind: "sometimes", what: "status 500" },
  "503": { kind: "sometimes", what: "status 503" },
  "504": { kind: "sometimes", what: "status 504" },
  "429": { kind: "sometimes", what: "a refusal though the pace was kept, with Retry-After" },
  "429-without-header": { kind: "sometimes", what: "a refusal without Retry-After" },
  "403-html": { kind: "sometimes", what: "CF: a refusal as 403 with an HTML page" },
  "out-of-order": { kind: "always", what: "in some months rows come in no order at all" },
  "wrong-echo": { kind: "sometimes", what: "the page answers, and echoes, another question" },
  "dropped-rows": {
    kind: "sometimes",
    what: "a page silently lacks a row: only a second look or a gap in the numbers shows it",
  },
  "broken-release": {
    kind: "planted",
    what: "a release that is not valid JSON, however often it is asked for",
  },
  "unclosed-quote": {
    kind: "planted",
    what: "a release that is not valid JSON, and takes what follows it in its page with it",
  },
  "witness-days-missing": { kind: "witness", what: "CF: some days have no daily CSV: 403 or 404" },
  "witness-padded": { kind: "witness", what: "CF: cells of the daily CSV are padded with blanks" },
  "witness-lacks-rows": { kind: "witness", what: "CF: on some days the daily CSV lacks a row" },
  "witness-invents-rows": {
    kind: "witness",
    what: "CF: on some days the daily CSV has a row that nobody published",
  },
  "witness-away": { kind: "witness", what: "CF: for whole months there is no daily CSV" },
  "lower-end-exclusive": { kind: "broken habit", what: "a range lacks its first second" },
  "upper-end-exclusive": { kind: "broken habit", what: "a range lacks its last second" },
  "utc-clock": { kind: "broken habit", what: "ranges are read as UTC" },
  "unstable-pages": { kind: "broken habit", what: "a page lacks another row each time it is asked for" },
  "full-page-drops": { kind: "broken habit", what: "a full page lacks a row from its middle" },
  "ids-lost": { kind: "broken habit", what: "FaT: no notice is found by its id" },
  "absent-ids-found": { kind: "broken habit", what: "FaT: an id that does not exist brings another notice" },
  "unknown-parameters-ignored": { kind: "broken habit", what: "FaT: an unknown parameter is not refused" },
} as const satisfies Record<
  string,
  { kind: "always" | "sometimes" | "planted" | "witness" | "broken habit"; what: string }
>;

export type Fault = keyof typeof FAULTS;

/** By name alone: no client can promise anything against a page that lies differently each time it is asked for. */
const UNBOUNDED_FAULTS: readonly Fault[] = ["dropped-rows"];

export const ALL_FAULTS: Fault[] = Object.keys(FAULTS)
  .filter(isFault)
  .filter((fault) => !UNBOUNDED_FAULTS.includes(fault) && FAULTS[fault].kind !== "broken habit");

const UNUSUAL_FAULTS: Fault[] = [
  "very-late-rows",
  "out-of-order",
  "wrong-echo",
  "broken-release",
  "unclosed-quote",
  "witness-lacks-rows",
  "witness-invents-rows",
  "witness-away",
];

/** What the real APIs are known to do in an ordinary month. */
export const DEFAULT_FAULTS: Fault[] = ALL_FAULTS.filter((fault) => !UNUSUAL_FAULTS.includes(fault));

function isFault(name: string): name is Fault {
  return Object.hasOwn(FAULTS, name);
}

/** `none`, `default`, `all`, or a list of names. @throws RangeError that names what is allowed */
export function parseFaults(text: string): Fault[] {
  if (text === "none") return [];
  if (text === "default") return DEFAULT_FAULTS;
  if (text === "all") return ALL_FAULTS;
  return text.split(",").map((name) => {
    const fault = name.trim();
    if (!isFault(fault)) {
      throw new RangeError(
        `unknown fault "${fault}"; allowed: none, default, all, or a list of ${Object.keys(FAULTS).join(", ")}`,
      );
    }
    return fault;
  });
}
