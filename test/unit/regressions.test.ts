// Defects of other clients of these APIs (k1p1l0/tendhunt, kingfisher-collect, tender-db, foretender, and what the facts
// tell of them): each way loses something here, and ours does not.
import { describe, expect, it } from "vitest";
import { pageUrl } from "../../src/fetch/api.ts";
import { decode, readPage } from "../../src/fetch/page.ts";
import { distinct, judgePage, questionFor } from "../../src/fetch/walk.ts";
import { createReplica, type Replica } from "../../src/replica/answer.ts";
import type { Fault } from "../../src/replica/faults.ts";
import { createHistory } from "../../src/replica/history.ts";
import { fromLondon, londonTime, toLondon } from "../../src/terms/london-time.ts";
import { APIS } from "../kit/apis.ts";
import { mapRelease } from "../kit/map.ts";
import { pageOf, question, row, rowsBelow } from "../kit/pages.ts";

const from = new Date("2026-05-01T00:00:00Z");
const to = new Date("2026-06-01T00:00:00Z");
const now = Date.UTC(2026, 6, 1);
const FAT = "http://x/api/1.0/ocdsReleasePackages";
const MONTH = `${FAT}?updatedFrom=2026-05-01T00:00:00&updatedTo=2026-05-31T23:59:59`;
const api = APIS.FIND_A_TENDER;

interface Page {
  uri: string;
  releases: { id: string; ocid: string; date: string }[];
  links?: { next: string };
}

function replicaWith(faults: Fault[], faultShare?: number): Replica {
  const made = (source: "FIND_A_TENDER" | "CONTRACTS_FINDER") =>
    createHistory({ source, seed: 4, from, to, notices: 900, faults });
  const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  return createReplica({
    seed: 4,
    faults,
    histories,
    bodies: "light",
    ...(faultShare === undefined ? {} : { faultShare }),
  });
}

const ask = (replica: Replica, url: string): Page =>
  JSON.parse(new TextDecoder().decode(replica.handle({ url, now }).body));
const published = (replica: Replica) => replica.published("FIND_A_TENDER", now).length;

/** What most clients do: one interval, and `links.next` until there is none. */
function follow(replica: Replica, url: string, pagesMax = 40): Set<string> {
  const ids = new Set<string>();
  let next: string | undefined = url;
  for (let pages = 0; next !== undefined && pages < pagesMax; pages++) {
    const page: Page = ask(replica, next);
    for (const { ocid, id } of page.releases) ids.add(`${ocid}/${id}`);
    next = page.links?.next.replace(/^https?:\/\/[^/]+/, "http://x");
  }
  return ids;
}

/** Our way over the same API, reduced to its decisions. */
function walk(replica: Replica): Set<string> {
  const start = londonTime("2026-05-01T00:00:00");
  const keys = new Set<string>();
  let hi = londonTime("2026-05-31T23:59:59");
  for (let pages = 0; hi > start && pages < 60; pages++) {
    const asked = questionFor({ api, stage: "all", hi, start, limit: 100, spanSeconds: null });
    const read = readPage(replica.handle({ url: pageUrl(api, "http://x", asked), now }).body);
    if (read.kind !== "page") throw new Error(read.kind);
    for (const { key } of read.page.rows) keys.add(key);
    const verdict = judgePage({ api, asked, page: read.page, before: new Set() });
    if (verdict.kind === "whole") return keys;
    if (verdict.kind !== "full") throw new Error(verdict.kind);
    hi = verdict.frontier;
  }
  return keys;
}

describe("known defects of other clients", () => {
  it("the cursor drops rows, and looks like a normal end", () => {
    const replica = replicaWith(["cursor-drops"]);
    expect(follow(replica, MONTH).size).toBeLessThan(published(replica));
    expect(walk(replica).size).toBe(published(replica));
  });

  it("a page without links.next is taken for the last", () => {
    const replica = replicaWith(["missing-links"]);
    const starts = Array.from(
      { length: 12 },
      (_, day) => `2026-05-${String(day + 1).padStart(2, "0")}T00:00:00`,
    );
    const ended = starts.map((lo) => ask(replica, `${FAT}?updatedFrom=${lo}&updatedTo=2026-05-31T23:59:59`));
    expect(ended.some(({ releases, links }) => releases.length === 100 && !links)).toBe(true);
    expect(walk(replica).size).toBe(published(replica));
  });

  it("a cursor that points at itself never ends", () => {
    const replica = replicaWith(["self-cursor"], 1);
    expect(follow(replica, MONTH, 40).size).toBeLessThan(published(replica));
    expect(walk(replica).size).toBe(published(replica));
  });

  it("`stages` hides the Procurement Act: Find a Tender is asked without it", () => {
    const replica = replicaWith(["stages-hide"]);
    const filtered = ["planning", "tender", "award"].flatMap((stages) => [
      ...follow(replica, `${MONTH}&stages=${stages}`),
    ]);
    expect(new Set(filtered).size).toBeLessThan(published(replica) / 2);
    expect(pageUrl(api, "http://x", question("2026-05-01T00:00:00", "2026-05-31T23:59:59"))).not.toContain(
      "stages",
    );
  });

  it("a comma list of stages returns nothing, with status 200", () => {
    const replica = replicaWith(["comma-list-empty"]);
    expect(ask(replica, `${MONTH}&stages=planning,tender`).releases).toEqual([]);
    expect(() =>
      pageUrl(api, "http://x", {
        ...question("2026-05-01T00:00:00", "2026-05-02T00:00:00"),
        stage: "planning,tender",
      }),
    ).not.toThrow();
    expect(walk(replica).size).toBe(published(replica));
  });

  it("UTC for local time shifts every summer window by an hour", () => {
    const instant = new Date("2026-07-01T23:30:00Z");
    expect(instant.toISOString().slice(0, 19)).toBe("2026-07-01T23:30:00");
    expect(toLondon(instant)).toBe("2026-07-02T00:30:00");
    expect(fromLondon(londonTime("2026-07-02T00:30:00"))).toEqual(instant);
  });

  it("a bare 000 loses a page of a hundred", () => {
    const text = '{"uri":"u","releases":[{"ocid":"o","id":"1","x":000},{"ocid":"o","id":"2"}]}';
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    const read = readPage(new TextEncoder().encode(text));
    expect(read.kind === "page" && read.page.rows).toHaveLength(2);
  });

  it("1e9999 is stored as Infinity", () => {
    const release = JSON.parse(
      '{"ocid":"o","id":"1","date":"2026-05-01T00:00:00Z","tender":{"value":{"amount":1e9999}}}',
    );
    expect(release.tender.value.amount).toBe(Number.POSITIVE_INFINITY);
    const mapped = mapRelease({ source: "FIND_A_TENDER", release, now: to });
    expect(mapped.kind === "mapped" && "valueMax" in mapped.contract).toBe(false);
  });

  it("windows-1252 is read as UTF-8, and text is lost", () => {
    const bytes = Uint8Array.from([0x63, 0x61, 0x66, 0xe9]);
    expect(new TextDecoder().decode(bytes)).toContain("\ufffd");
    expect(decode(bytes)).toBe("café");
  });

  it("an empty 200 is taken for the end", () => {
    expect(readPage(new Uint8Array(0))).toEqual({ kind: "empty" });
  });

  it("updatedFrom equal to updatedTo is refused: the smallest question spans two seconds", () => {
    const replica = replicaWith([]);
    const second = "2026-05-12T10:00:00";
    expect(replica.handle({ url: `${FAT}?updatedFrom=${second}&updatedTo=${second}`, now }).status).toBe(400);
    const start = londonTime(second);
    const { lo, hi } = questionFor({ api, stage: "all", hi: start, start, limit: 100, spanSeconds: null });
    expect(lo < hi).toBe(true);
  });

  it("notices are told apart by id alone: one id stands under fifteen processes", () => {
    const fanned = Array.from({ length: 15 }, (_, at) =>
      row({ id: "033562-2023", at: "2023-11-14T10:05:15", ocid: `ocds-${at}` }),
    );
    expect(new Set(fanned.map(({ releaseId }) => releaseId)).size).toBe(1);
    expect(distinct(fanned)).toHaveLength(15);
  });

  it("an edit makes a second record, or overwrites the newer one", () => {
    const release = (revision: number) => ({
      ocid: "ocds-b5fd17-g",
      id: `06c7e0ea-fd0b-431c-93b4-d1fcf3801ce5-${revision}`,
      date: "2026-05-01T00:00:00Z",
    });
    const map = (revision: number) =>
      mapRelease({ source: "CONTRACTS_FINDER", release: release(revision), now: to });
    const [one, other] = [map(7), map(8)];
    expect(
      one.kind === "mapped" && other.kind === "mapped" && one.contract.noticeId === other.contract.noticeId,
    ).toBe(true);
    expect([one, other].map((mapped) => mapped.kind === "mapped" && mapped.revision)).toEqual([7, 8]);
  });

  it("dates with different zones are compared as text", () => {
    const [summer, utc] = ["2026-07-01T12:30:00+01:00", "2026-07-01T12:00:00Z"];
    expect(summer > utc).toBe(true);
    const at = (date: string) => {
      const mapped = mapRelease({ source: "FIND_A_TENDER", release: { ocid: "o", id: "1", date }, now: to });
      return mapped.kind === "mapped" ? mapped.contract.publishedDate.getTime() : 0;
    };
    expect(at(summer)).toBeLessThan(at(utc));
  });

  it("the page's last date becomes the cursor: one odd date skips months", () => {
    const rows = rowsBelow({ newest: "2026-05-30T17:00:00", count: 100, everySeconds: 60 });
    rows[99] = row({ id: rows[99]?.releaseId ?? "", at: "2026-05-02T00:00:00" });
    const asked = question("2026-05-01T00:00:00", "2026-05-31T23:59:59");
    const verdict = judgePage({ api, asked, page: pageOf("FIND_A_TENDER", asked, rows), before: new Set() });
    expect(verdict.kind === "full" && verdict.frontier > "2026-05-30T15:00:00").toBe(true);
  });

  it("an omitted end means now, so that each page has another end: ours is always named", () => {
    const replica = replicaWith([]);
    const uri = ask(replica, `${FAT}?updatedFrom=2026-05-01T00:00:00`).uri;
    expect(new URL(uri).searchParams.get("updatedTo")).toBe(toLondon(new Date(now)));
    expect(pageUrl(api, "http://x", question("2026-05-01T00:00:00", "2026-05-02T00:00:00"))).toContain(
      "updatedTo=2026-05-02T00:00:00",
    );
  });
});
