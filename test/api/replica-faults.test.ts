// What the replica's defects cost a client, its London time, its hard places, and what goes wrong on a real socket.
import { describe, expect, it } from "vitest";
import { createReplica, type ReplicaOptions } from "../../src/replica/answer.ts";
import { DEFAULT_FAULTS, type Fault } from "../../src/replica/faults.ts";
import { createHistory, type HistoryOptions } from "../../src/replica/history.ts";
import { startReplica } from "../../src/replica/server.ts";
import type { Source } from "../../src/replica/sources.ts";
import { toLondon } from "../../src/terms/london-time.ts";

const ORIGIN = "http://x";
const FAT = `${ORIGIN}/api/1.0/ocdsReleasePackages`;
const CF = `${ORIGIN}/Published/Notices/OCDS/Search`;
const from = new Date("2025-09-01T00:00:00Z");
const to = new Date("2026-05-01T00:00:00Z");
const now = to.getTime();

interface Page {
  uri: string;
  releases: { id: string; ocid: string; date: string }[];
  links?: { next: string };
}
interface World extends Partial<Omit<HistoryOptions, "faults">> {
  faults?: Fault[];
  replica?: Partial<ReplicaOptions>;
}

function options({ faults = [], replica = {}, ...history }: World): ReplicaOptions {
  const made = (source: Source) =>
    createHistory({ source, seed: 8, from, to, notices: 4000, faults, ...history });
  const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  return { seed: 8, bodies: "light", faults, histories, ...replica };
}

function world(given: World = {}) {
  const replica = createReplica(options(given));
  const page = (url: string, at = now): Page =>
    JSON.parse(new TextDecoder().decode(replica.handle({ url, now: at }).body));
  /** Every row that a client of links.next gets, from the first page to the last. */
  const follow = (url: string) => {
    const pages: Page[] = [];
    let next: string | undefined = url;
    while (next && pages.length < 200) {
      const got: Page = page(next);
      pages.push(got);
      next = got.links?.next;
    }
    return pages;
  };
  return { replica, page, follow };
}

const fat = (lo: string, hi: string, more = "") => `${FAT}?updatedFrom=${lo}&updatedTo=${hi}${more}`;
const cf = (lo: string, hi: string, more = "") => `${CF}?publishedFrom=${lo}&publishedTo=${hi}${more}`;
const everything = fat("2025-09-01T00:00:00", "2026-05-01T00:00:00");
const everythingOfCf = cf("2025-09-01T00:00:00", "2026-05-01T00:00:00");
const idsOf = (pages: Page[]) =>
  pages.flatMap(({ releases }) => releases.map(({ id, ocid }) => `${ocid}/${id}`));

describe("links.next", () => {
  it.each([everything, everythingOfCf])(
    "is right without the defect: every row once, in order (%s)",
    (url) => {
      const { replica, follow } = world();
      const source = url === everything ? "FIND_A_TENDER" : "CONTRACTS_FINDER";
      const truth = replica.published(source, now).map(({ ocid, releaseId }) => `${ocid}/${releaseId}`);
      expect(idsOf(follow(url))).toEqual(truth.toReversed());
    },
  );

  it("loses about 4.3 % with cursor-drops, repeats as much, and every page looks in order", () => {
    const { replica, follow } = world({ faults: ["cursor-drops"], notices: 12_000 });
    const pages = follow(everything);
    const got = idsOf(pages);
    const published = replica.published("FIND_A_TENDER", now).length;
    const lost = 1 - new Set(got).size / published;
    expect(lost).toBeGreaterThan(0.033);
    expect(lost).toBeLessThan(0.055);
    expect(got.length).toBeGreaterThan(new Set(got).size);
    for (const { releases } of pages) {
      const numbers = releases.map(({ id }) => id.slice(7) + id);
      expect(numbers).toEqual(numbers.toSorted().toReversed());
    }
    expect(pages.at(-1)?.links).toBeUndefined();
  });

  it("points at itself with self-cursor", () => {
    const { page } = world({ faults: ["self-cursor"], replica: { faultShare: 1 } });
    const second = page(everything).links?.next ?? "";
    expect(page(second).links?.next).toBe(second);
  });

  it("is missing on some full pages only, of both sources", () => {
    for (const url of [fat, cf]) {
      const { replica, page } = world({ faults: ["missing-links"] });
      const pages = Array.from({ length: 28 }, (_, day) =>
        page(url("2025-10-01T00:00:00", `2026-02-${String(day + 1).padStart(2, "0")}T12:00:00`)),
      );
      expect(pages.every(({ releases }) => releases.length === 100)).toBe(true);
      const without = pages.filter(({ links }) => !links).length;
      expect(without).toBeGreaterThan(0);
      expect(without).toBeLessThan(14);
      const source = url === fat ? "FIND_A_TENDER" : "CONTRACTS_FINDER";
      expect(replica.stats()[source].faults["missing-links"]).toBe(without);
    }
  });
});

describe("single rows", () => {
  it("duplicate-ids: the copy takes a place of its own on the page", () => {
    const { replica, page } = world({ faults: ["duplicate-ids"] });
    const row = replica.published("FIND_A_TENDER", now).findLast(({ plant }) => plant === "duplicate-ids");
    const end = toLondon(new Date(row?.at ?? 0));
    const { releases } = page(fat("2025-09-01T00:00:00", end));
    expect(releases.filter(({ id }) => id === row?.releaseId)).toHaveLength(2);
    expect(releases[0]).toEqual(releases[1]);
    expect(releases).toHaveLength(100);
    expect(new Set(releases.map(({ id }) => id)).size).toBe(99);
  });

  it("dropped-rows: a page lacks one row, says nothing, and the next look has it", () => {
    const calm = world();
    const day = fat("2026-01-12T00:00:00", "2026-01-12T23:59:59");
    const right = calm.page(day).releases.map(({ id }) => id);
    const { page, replica } = world({ faults: ["dropped-rows"], replica: { faultShare: 0.5 } });
    const looks = Array.from({ length: 20 }, () => page(day).releases.map(({ id }) => id));
    expect(new Set(looks.map((ids) => right.length - ids.length))).toEqual(new Set([0, 1]));
    expect(replica.stats().FIND_A_TENDER.faults["dropped-rows"]).toBeGreaterThan(2);
    expect(DEFAULT_FAULTS).not.toContain("dropped-rows");
  });

  it("wrong-dates: a row is listed by its publication, whatever its date says", () => {
    const { replica, page } = world({ faults: ["wrong-dates"] });
    const wrong = replica.published("FIND_A_TENDER", now).filter(({ at, date }) => at !== date);
    expect(wrong.length).toBeGreaterThan(0);
    for (const { at, date, releaseId } of wrong) {
      const shown = page(fat(toLondon(new Date(at)), toLondon(new Date(at + 1000)))).releases;
      expect(Date.parse(shown.find(({ id }) => id === releaseId)?.date ?? "")).toBe(date);
      const elsewhere = page(fat(toLondon(new Date(date)), toLondon(new Date(date + 1000)))).releases;
      expect(elsewhere.map(({ id }) => id)).not.toContain(releaseId);
    }
  });

  it.each(["late-rows", "very-late-rows"] as const)(
    "%s: nobody sees them before they are listed",
    (fault) => {
      const { replica, page } = world({ faults: [fault] });
      const late = replica.published("FIND_A_TENDER", now).filter(({ at, listedAt }) => listedAt > at);
      expect(late.length).toBeGreaterThan(5);
      for (const { at, listedAt, releaseId } of late.slice(0, 30)) {
        const url = fat(toLondon(new Date(at)), toLondon(new Date(at + 1000)));
        const seen = (when: number) => page(url, when).releases.some(({ id }) => id === releaseId);
        expect([seen(listedAt - 1), seen(listedAt)]).toEqual([false, true]);
        expect(listedAt - at <= 120_000).toBe(fault === "late-rows"); // the settling margin
      }
    },
  );

  it("windows-1252 keeps every letter", () => {
    const full = { bodies: "full" as const };
    const url = cf("2026-01-12T00:00:00", "2026-01-20T23:59:59");
    const latin = createReplica(options({ faults: ["windows-1252"], replica: { ...full, faultShare: 1 } }));
    const body = latin.handle({ url, now }).body;
    expect(() => new TextDecoder("utf-8", { fatal: true }).decode(body)).toThrow(TypeError);
    const right = createReplica(options({ replica: full })).handle({ url, now }).body;
    expect(JSON.parse(new TextDecoder("windows-1252").decode(body))).toEqual(
      JSON.parse(new TextDecoder().decode(right)),
    );
  });

  it("wrong-echo answers the question that it echoes", () => {
    const { page } = world({ faults: ["wrong-echo"], replica: { faultShare: 1 } });
    const wrong = page(fat("2026-01-19T00:00:00", "2026-01-21T00:00:00"));
    expect(wrong.uri).toBe(fat("2026-01-12T00:00:00", "2026-01-14T00:00:00"));
    expect(wrong.releases).toEqual(world().page(wrong.uri).releases);
  });

  it("stages-hide: only what the old regime published first", () => {
    const { replica, follow } = world({ faults: ["stages-hide"] });
    const shown = new Set(
      ["planning", "tender", "award"].flatMap((stage) => idsOf(follow(`${everything}&stages=${stage}`))),
    );
    const truth = replica.published("FIND_A_TENDER", now);
    expect(shown.size / truth.length).toBeGreaterThan(0.1);
    expect(shown.size / truth.length).toBeLessThan(0.2);
    for (const { ocid, releaseId, noticeType, tags } of truth) {
      if (!shown.has(`${ocid}/${releaseId}`)) continue;
      expect(noticeType).toBeNull();
      expect(tags.join()).not.toMatch(/Update|Cancellation|Amendment/);
    }
  });
});

describe("hard places", () => {
  it("one notice under fifteen processes in one second: more than a page can be forced to show", () => {
    const at = new Date("2025-11-14T10:05:15Z");
    const { replica, page } = world({ fanOuts: [{ at, count: 15 }], crowds: [{ at, count: 95 }] });
    const rows = replica.published("FIND_A_TENDER", now).filter((row) => row.at === at.getTime());
    const ids = rows.map(({ releaseId }) => releaseId);
    const [fanned = ""] = ids.filter((id, place) => ids.indexOf(id) !== place);
    expect([rows.length, ids.filter((id) => id === fanned).length]).toEqual([110, 15]);
    const smallest = page(fat("2025-11-14T10:05:15", "2025-11-14T10:05:16"));
    expect([smallest.releases.length, Boolean(smallest.links)]).toEqual([100, true]);
    const processes = rows.filter(({ releaseId }) => releaseId === fanned).map(({ ocid }) => ocid);
    for (const ocid of processes)
      expect(page(`${FAT}/${ocid}`).releases.map(({ id }) => id)).toContain(fanned);
    expect(new Set(page(`${FAT}/${fanned}`).releases.map(({ ocid }) => ocid))).toEqual(new Set(processes));
  });

  it("a day with 1,800 notices", () => {
    const busyDays = [{ day: new Date("2026-03-10T00:00:00Z"), count: 1800 }];
    const { replica } = world({ busyDays });
    const onIt = replica
      .published("CONTRACTS_FINDER", now)
      .filter(({ at }) => toLondon(new Date(at)).startsWith("2026-03-10"));
    expect(onIt.length).toBeGreaterThanOrEqual(1800);
  });

  it("no page before the year's first number, and numbers start anew each year", () => {
    const first = world()
      .replica.published("FIND_A_TENDER", now)
      .find(({ releaseId }) => releaseId.endsWith("-2026"));
    expect(first?.releaseId).toMatch(/^00000[1-4]-2026$/);
    expect(toLondon(new Date(first?.at ?? 0))).toMatch(/^2026-/);
  });
});

describe("London time", () => {
  const minutes = (start: string, hours: number) =>
    Array.from({ length: hours * 60 }, (_, minute) => ({
      at: new Date(Date.parse(start) + minute * 60_000),
      count: 1,
    }));

  it("in spring the hour from 1 to 2 does not exist: what is asked of it is the hour after", () => {
    const { page } = world({ notices: 0, crowds: minutes("2026-03-29T00:00:00Z", 3) });
    const dates = (lo: string, hi: string) => page(cf(lo, hi)).releases.map(({ date }) => date);
    const before = dates("2026-03-29T00:30:00", "2026-03-29T00:59:59");
    expect([before.length, before[0], before.at(-1)]).toEqual([
      30,
      "2026-03-29T00:59:00Z",
      "2026-03-29T00:30:00Z",
    ]);
    const after = dates("2026-03-29T02:00:00", "2026-03-29T02:29:59");
    expect([after.length, after[0], after.at(-1)]).toEqual([
      30,
      "2026-03-29T02:29:00+01:00",
      "2026-03-29T02:00:00+01:00",
    ]);
    const across = dates("2026-03-29T00:30:00", "2026-03-29T02:29:59");
    expect(across).toEqual([...after, ...before]);
  });

  it("in autumn the hour from 1 to 2 comes twice: a boundary in it means the first, so only a wider question sees the second", () => {
    const { page } = world({ notices: 0, crowds: minutes("2025-10-26T00:00:00Z", 2) });
    const dates = (lo: string, hi: string, limit = 100) =>
      page(cf(lo, hi, `&limit=${limit}`)).releases.map(({ date }) => date);
    const first = dates("2025-10-26T01:00:00", "2025-10-26T01:59:59");
    expect([first.length, first[0], first.at(-1)]).toEqual([
      60,
      "2025-10-26T01:59:00+01:00",
      "2025-10-26T01:00:00+01:00",
    ]);
    expect(dates("2025-10-26T01:30:00", "2025-10-26T02:00:00", 60).every((date) => date.endsWith("Z"))).toBe(
      true,
    );
    expect(dates("2025-10-26T00:30:00", "2025-10-26T01:00:00")).toEqual(["2025-10-26T01:00:00+01:00"]);
  });

  it("publishes in both hours of that night, and in none that does not exist", () => {
    const crowd = (day: string) => [{ day: new Date(day), count: 30_000 }];
    const autumn = createHistory({
      ...{ source: "FIND_A_TENDER", seed: 1, from, to, notices: 0 },
      busyDays: crowd("2025-10-26T00:00:00Z"),
    });
    const within = (lo: string, hi: string) =>
      autumn.filter(({ at }) => at >= Date.parse(lo) && at < Date.parse(hi)).length;
    const [bst, gmt] = [
      within("2025-10-26T00:00:00Z", "2025-10-26T01:00:00Z"),
      within("2025-10-26T01:00:00Z", "2025-10-26T02:00:00Z"),
    ];
    expect(Math.min(bst, gmt) / Math.max(bst, gmt)).toBeGreaterThan(0.4);
    const spring = createHistory({
      ...{ source: "FIND_A_TENDER", seed: 1, from, to, notices: 0 },
      busyDays: crowd("2026-03-29T00:00:00Z"),
    });
    for (const { at } of [...autumn, ...spring])
      expect(toLondon(new Date(at))).toMatch(/^202[56]-(10-26|03-29)/);
  });

  it("takes a zone and a bare date from clients of Contracts Finder, and echoes them as they came", () => {
    const { page } = world();
    const zoned = page(cf("2026-04-07", "2026-04-08T10:08:04+01:00"));
    expect(zoned.uri).toContain("publishedTo=2026-04-08T10:08:04+01:00");
    expect(zoned.releases).toEqual(page(cf("2026-04-07T00:00:00", "2026-04-08T10:08:04")).releases);
    expect(zoned.releases.length).toBeGreaterThan(0);
  });
});

describe("the limit", () => {
  it("can be one budget for both", () => {
    const limit = { requests: 12, perSeconds: 120, retryAfterSeconds: 120, shared: true };
    const { replica } = world({ notices: 10, replica: { limit } });
    const statuses = Array.from({ length: 13 }, (_, at) =>
      replica.handle({ url: at % 2 === 0 ? FAT : CF, now: now + at }),
    ).map(({ status }) => status);
    expect(statuses).toEqual([...Array.from({ length: 12 }, () => 200), 429]);
  });

  it("is told, with what was asked and from which month on", () => {
    const { replica, page } = world();
    page(fat("2026-01-19T00:00:00", "2026-03-21T00:00:00"));
    const { asked, rows, byMonth, log } = replica.stats().FIND_A_TENDER;
    expect([asked, rows, byMonth]).toEqual([1, 100, { "2026-01": 1 }]);
    expect(log).toEqual([
      {
        ...{ at: now, status: 200, rows: 100, fault: null },
        asked: "/api/1.0/ocdsReleasePackages?updatedFrom=2026-01-19T00:00:00&updatedTo=2026-03-21T00:00:00",
      },
    ]);
  });
});

describe("on a socket", () => {
  const serve = (fault: Fault) =>
    startReplica(options({ notices: 300, faults: [fault], replica: { faultShare: 1, slowMs: 30 } }));

  it("reset: the connection ends without an answer", async () => {
    const running = await serve("reset");
    await expect(fetch(`${running.url}/api/1.0/ocdsReleasePackages`)).rejects.toThrow();
    expect(running.replica.stats().FIND_A_TENDER.faults).toEqual({ reset: 1 });
    await running.close();
  });

  it("truncated: half of the page, as a proxy ends it", async () => {
    const running = await serve("truncated");
    const text = await (await fetch(`${running.url}/api/1.0/ocdsReleasePackages`)).text();
    expect(text.startsWith('{"uri":')).toBe(true);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    await running.close();
  });

  it("slow: the whole page, later", async () => {
    const running = await serve("slow");
    const before = performance.now();
    const response = await fetch(`${running.url}/api/1.0/ocdsReleasePackages`);
    expect(performance.now() - before).toBeGreaterThanOrEqual(25);
    expect(await response.json()).toMatchObject({ version: "1.1" });
    await running.close();
  });
});
