// The replica against the facts, and its made-up releases against recorded ones.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createReplica, type ReplicaOptions } from "../../src/replica/answer.ts";
import { FAULTS, type Fault, parseFaults } from "../../src/replica/faults.ts";
import { createHistory } from "../../src/replica/history.ts";
import { startReplica } from "../../src/replica/server.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { instantOf, toLondon } from "../../src/terms/london-time.ts";
import { CORPUS, hasCorpus, recordedReleases } from "../kit/corpus.ts";

const from = new Date("2026-03-01T00:00:00Z");
const to = new Date("2026-07-01T00:00:00Z");
const now = to.getTime();
const FAT = "http://x/api/1.0/ocdsReleasePackages";
const CF = "http://x/Published/Notices/OCDS/Search";

interface Page {
  uri: string;
  releases: { id: string; ocid: string; date: string; tag: string[] }[];
  links?: { next: string };
}

function options(faults: Fault[] = [], more: Partial<ReplicaOptions> = {}): ReplicaOptions {
  const made = (source: Source) => createHistory({ source, seed: 2, from, to, notices: 3000, faults });
  return {
    seed: 2,
    faults,
    histories: { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") },
    ...more,
  };
}

function asking(faults: Fault[] = [], more: Partial<ReplicaOptions> = {}) {
  const replica = createReplica({ ...options(faults), ...more });
  const answer = (url: string, at = now) => replica.handle({ url, now: at });
  const text = (url: string, at = now) => new TextDecoder().decode(answer(url, at).body);
  const page = (url: string, at = now): Page => JSON.parse(text(url, at));
  return { replica, answer, text, page };
}

const range = (lo: string, hi: string, more = "") => `${FAT}?updatedFrom=${lo}&updatedTo=${hi}${more}`;
const cfRange = (lo: string, hi: string, more = "") => `${CF}?publishedFrom=${lo}&publishedTo=${hi}${more}`;

describe("Find a Tender's replica", () => {
  it.each([
    [
      `${FAT}?statuses=1`,
      "Request parameter 'statuses' is not recognised, allowed parameters are: stages, limit, cursor, updatedFrom, updatedTo",
    ],
    [`${FAT}?limit=0`, "limit"],
    [`${FAT}?limit=101`, "limit"],
    [`${FAT}?updatedFrom=2026-05-01`, "dates"],
    [`${FAT}?updatedFrom=2026-05-01T00:00`, "dates"],
    [range("2026-05-01T00:00:00", "2026-05-01T00:00:00"), "after"],
  ])("refuses %s with 400 and says why", (url, why) => {
    const { answer, text } = asking();
    expect(answer(url).status).toBe(400);
    expect(JSON.parse(text(url))).toMatchObject({
      status: 400,
      error: "Bad Request",
      path: "/api/1.0/ocdsReleasePackages",
      exception: expect.stringContaining(why),
    });
  });

  it("takes both ends as inclusive, in London's time, and ignores a Z", () => {
    const { replica, page } = asking();
    const [one] = replica.published("FIND_A_TENDER", now).filter(({ at }) => at > Date.UTC(2026, 4, 1));
    const second = toLondon(new Date(one?.at ?? 0));
    const after = toLondon(new Date((one?.at ?? 0) + 1000));
    const before = toLondon(new Date((one?.at ?? 0) - 1000));
    for (const url of [range(second, after), range(before, second), range(`${before}Z`, `${second}Z`)]) {
      expect(page(url).releases.map(({ id }) => id)).toContain(one?.releaseId);
    }
  });

  it("lists by id, newest first, and echoes the question", () => {
    const { page } = asking();
    const { releases, uri, links } = page(range("2026-05-01T00:00:00", "2026-05-31T00:00:00"));
    const ids = releases.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted().reverse());
    expect(uri).toContain("updatedFrom=2026-05-01T00:00:00&updatedTo=2026-05-31T00:00:00");
    expect(
      Buffer.from(new URL(links?.next ?? "").searchParams.get("cursor") ?? "", "base64").toString(),
    ).toMatch(/^updatedFrom=.*\|updatedTo=.*\|nextCursor=\d+$/);
  });

  it("lists what is published, and nothing that is not yet", () => {
    const { page } = asking();
    const at = Date.UTC(2026, 4, 1, 12);
    for (const { date } of page(FAT, at).releases) expect(Date.parse(date)).toBeLessThanOrEqual(at);
    expect(page(FAT, at).uri).toContain("updatedTo=2026-05-01T13:00:00");
  });

  it("answers for one notice and for one process, and for neither with 404 or nothing", () => {
    const { replica, answer, page } = asking();
    const [one] = replica.published("FIND_A_TENDER", now);
    expect(page(`${FAT}/${one?.releaseId}`).releases.map(({ id }) => id)).toContain(one?.releaseId);
    expect(page(`${FAT}/${one?.ocid}`).releases[0]?.ocid).toBe(one?.ocid);
    const unknown = ["900001-2026", "900002-2026", "900003-2026", "900004-2026"].map(
      (id) => answer(`${FAT}/${id}`).status,
    );
    expect(new Set(unknown)).toEqual(new Set([200, 404]));
  });
});

describe("Contracts Finder's replica", () => {
  it("ignores what it does not know, filters by stage soundly, and sorts by date", () => {
    const { page } = asking();
    const all = page(cfRange("2026-05-01T00:00:00", "2026-05-02T00:00:00", "&nonsense=1")).releases;
    const lanes = ["planning", "tender", "award", "implementation"].flatMap(
      (stage) => page(cfRange("2026-05-01T00:00:00", "2026-05-02T00:00:00", `&stages=${stage}`)).releases,
    );
    expect(lanes.map(({ id }) => id).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    const dates = all.map(({ date }) => date);
    expect(dates).toEqual(dates.toSorted().reverse());
    expect(page(`${CF}?publishedFrom=2026-05-01`).releases).toHaveLength(100);
  });
});

describe("a history", () => {
  it("is the same for the same seed, byte for byte, and another for another", () => {
    const url = range("2026-05-01T00:00:00", "2026-05-31T00:00:00");
    expect(asking().text(url)).toBe(asking().text(url));
    const other = createHistory({ source: "FIND_A_TENDER", seed: 3, from, to, notices: 100 });
    expect(other).not.toEqual(createHistory({ source: "FIND_A_TENDER", seed: 2, from, to, notices: 100 }));
  });

  it("has working days, quiet weekends, rush hours and growth", () => {
    const rows = createHistory({
      source: "FIND_A_TENDER",
      seed: 1,
      from: new Date("2021-01-02"),
      to: new Date("2026-09-01"),
      notices: 30_000,
    });
    const weekend = rows.filter(({ at }) => new Date(at).getUTCDay() % 6 === 0).length;
    expect(weekend / rows.length).toBeLessThan(0.02);
    const year = (wanted: number) => rows.filter(({ at }) => new Date(at).getUTCFullYear() === wanted).length;
    expect(year(2025) / year(2021)).toBeGreaterThan(2);
    const hour = (wanted: string) =>
      rows.filter(({ at }) => toLondon(new Date(at)).slice(11, 13) === wanted).length;
    expect(hour("11")).toBeGreaterThan(20 * hour("03"));
    const missing = rows.filter(
      ({ number }, at) => at > 0 && number - (rows[at - 1]?.number ?? 0) > 1,
    ).length;
    expect(missing / rows.length).toBeGreaterThan(0.002);
    expect(missing / rows.length).toBeLessThan(0.01);
  });

  it("has every tag and notice type of the facts", () => {
    const rows = SOURCES.flatMap((source) =>
      createHistory({ source, seed: 1, from: new Date("2024-06-01"), to, notices: 20_000 }),
    );
    const tags = new Set(rows.flatMap((row) => row.tags));
    for (const tag of [
      "planning",
      "planningUpdate",
      "tender",
      "tenderUpdate",
      "tenderCancellation",
      "award",
      "contract",
      "awardUpdate",
      "contractUpdate",
      "contractAmendment",
      "contractTermination",
      "implementation",
      "tenderAmendment",
    ]) {
      expect(tags).toContain(tag);
    }
    const types = new Set(rows.map(({ noticeType }) => noticeType));
    for (const number of [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17])
      expect(types).toContain(`UK${number}`);
    expect(types).toContain(null);
  });

  it("edits notices of Contracts Finder: the same guid under a higher revision", () => {
    const rows = createHistory({ source: "CONTRACTS_FINDER", seed: 1, from, to, notices: 5000 });
    const guids = new Set(rows.map(({ releaseId }) => releaseId.replace(/-\d+$/, "")));
    expect(guids.size / rows.length).toBeGreaterThan(0.6);
    expect(guids.size / rows.length).toBeLessThan(0.75);
    expect(new Set(rows.map(({ number }) => number)).size).toBe(rows.length);
    // As on a recorded page, a number is now and then older than its date: a draft published later.
    const drafts = rows.filter(({ number }, at) => at > 0 && number < (rows[at - 1]?.number ?? 0)).length;
    expect(drafts).toBeGreaterThan(10);
    expect(drafts / rows.length).toBeLessThan(0.02);
  });
});

describe("each fault", () => {
  const month = range("2026-05-01T00:00:00", "2026-05-31T00:00:00");
  const always = { faultShare: 1 };
  /** All ids that a client which follows links.next gets. */
  const follow = (faults: Fault[]) => {
    const { page } = asking(faults);
    const ids: string[] = [];
    let next: string | undefined = month;
    for (let pages = 0; next && pages < 60; pages++) {
      const got: Page = page(next);
      ids.push(...got.releases.map(({ id }) => id));
      next = got.links?.next.replace(/^https?:\/\/[^/]+/, "http://x");
    }
    return ids;
  };

  it("cursor-drops: following the cursor loses rows, without it none", () => {
    const right = follow([]);
    const wrong = new Set(follow(["cursor-drops"]));
    const lost = right.filter((id) => !wrong.has(id)).length / right.length;
    expect(new Set(right).size).toBe(right.length);
    expect(lost).toBeGreaterThan(0.01);
    expect(lost).toBeLessThan(0.12);
  });

  it("missing-links: some full pages name no next one", () => {
    const { page } = asking(["missing-links"]);
    const pages = Array.from({ length: 20 }, (_, day) =>
      page(range(`2026-04-${String(day + 1).padStart(2, "0")}T00:00:00`, "2026-06-20T00:00:00")),
    );
    const without = pages.filter(({ releases, links }) => releases.length === 100 && !links).length;
    expect(without).toBeGreaterThan(0);
    expect(without).toBeLessThan(20);
  });

  it("stages-hide and comma-list-empty: the filter hides the Procurement Act, a list returns nothing", () => {
    const { page } = asking(["stages-hide", "comma-list-empty"]);
    const shown = page(`${month}&stages=tender`).releases.length;
    expect(shown).toBeGreaterThan(0);
    expect(shown).toBeLessThan(asking().page(`${month}&stages=tender`).releases.length);
    expect(page(`${month}&stages=planning,tender`)).toMatchObject({ releases: [], publishedDate: "" });
  });

  it.each([
    ["bare-zeros", /:000[,}]/],
    ["infinity", /:1e9999[,}]/],
    ["broken-release", /:n\/a[,}]/],
    ["unclosed-quote", /:"n\/a[,}]/],
    ["mojibake", /â€“/],
  ] as const)("%s: stands in a page", (fault, pattern) => {
    const source: Source = fault === "mojibake" ? "CONTRACTS_FINDER" : "FIND_A_TENDER";
    const { replica, text } = asking([fault]);
    const planted = replica.published(source, now).filter(({ plant }) => plant === fault);
    expect(planted.length).toBeGreaterThan(0);
    for (const { at, releaseId } of planted) {
      const [lo, hi] = [toLondon(new Date(at)), toLondon(new Date(at + 1000))];
      const got = text(source === "FIND_A_TENDER" ? range(lo, hi) : cfRange(lo, hi));
      expect(got).toContain(releaseId);
      expect(got).toMatch(pattern);
    }
  });

  it.each([
    ["empty-body", 200],
    ["500", 500],
    ["503", 503],
    ["504", 504],
    ["429", 429],
    ["429-without-header", 429],
    ["reset", 200],
    ["truncated", 200],
    ["slow", 200],
  ] as const)("%s: answers %i", (fault, status) => {
    const got = asking([fault], always).answer(month);
    expect(got.status).toBe(status);
    expect(got.headers["retry-after"]).toBe(fault === "429" ? "120" : undefined);
    expect(got.transport?.kind).toBe(["reset", "truncated", "slow"].includes(fault) ? fault : undefined);
    if (fault === "empty-body") expect(got.body).toHaveLength(0);
  });

  it("403-html and windows-1252: Contracts Finder alone", () => {
    const cf = cfRange("2026-05-01T00:00:00", "2026-05-31T00:00:00");
    expect(asking(["403-html"], always).answer(cf)).toMatchObject({
      status: 403,
      headers: { "content-type": "text/html" },
    });
    expect(asking(["403-html"], always).answer(month).status).toBe(200);
    const { body } = asking(["windows-1252"], always).answer(cf);
    expect(() => new TextDecoder("utf-8", { fatal: true }).decode(body)).toThrow(TypeError);
    expect(new TextDecoder("windows-1252").decode(body)).toContain("café");
  });

  it("out-of-order: pages of that month are in no order, others are", () => {
    const { page } = asking(["out-of-order"], { outOfOrderMonths: ["2026-05"] });
    const ids = page(month).releases.map(({ id }) => id);
    expect(ids).not.toEqual(ids.toSorted().reverse());
    const june = page(range("2026-06-01T00:00:00", "2026-06-30T00:00:00")).releases.map(({ id }) => id);
    expect(june).toEqual(june.toSorted().reverse());
  });

  it("wrong-echo: says another question", () => {
    expect(asking(["wrong-echo"], always).page(month).uri).not.toContain("updatedTo=2026-05-31T00:00:00");
  });

  it("late rows appear after their date, very late ones days after", () => {
    for (const fault of ["late-rows", "very-late-rows"] as const) {
      const late = options([fault]).histories.FIND_A_TENDER.filter(({ listedAt, at }) => listedAt > at);
      expect(late.length).toBeGreaterThan(0);
      const most = Math.max(...late.map(({ listedAt, at }) => listedAt - at));
      expect(most > 3_600_000).toBe(fault === "very-late-rows");
    }
  });

  it("are named where one is not known", () => {
    expect(parseFaults("none")).toEqual([]);
    const left = Object.keys(FAULTS).filter((fault) => !parseFaults("all").some((one) => one === fault));
    const habits = Object.entries(FAULTS).filter(([, { kind }]) => kind === "broken habit");
    expect(left.toSorted()).toEqual(["dropped-rows", ...habits.map(([fault]) => fault)].toSorted());
    expect(habits.length).toBeGreaterThan(0);
    expect(() => parseFaults("slow,fast")).toThrow(/unknown fault "fast"; allowed: none, default, all/);
  });
});

describe("the rate limit", () => {
  it("takes so many requests in a sliding window of each source, and refuses with the wait", () => {
    const { answer, replica } = asking([], {
      limit: { requests: 12, perSeconds: 120, retryAfterSeconds: 120 },
    });
    const statuses = Array.from({ length: 14 }, (_, at) => answer(FAT, now + at * 1000).status);
    expect(statuses).toEqual([...Array.from({ length: 12 }, () => 200), 429, 429]);
    expect(answer(CF, now + 14_000).status).toBe(200);
    expect(answer(FAT, now + 120_000).status).toBe(200);
    expect(answer(FAT, now + 120_500).status).toBe(429);
    expect(new TextDecoder().decode(answer(FAT, now + 120_600).body)).toBe(
      "Rate limit of 12 exceeded. Please retry after 120 seconds.",
    );
    expect(replica.stats().FIND_A_TENDER.refused).toBe(4);
  });
});

describe("the server", () => {
  it("tells the truth, and what it was asked", async () => {
    const running = await startReplica(options());
    await fetch(`${running.url}/api/1.0/ocdsReleasePackages`);
    const truth: unknown = await (await fetch(`${running.url}/__truth`)).json();
    expect(truth).toEqual({ FIND_A_TENDER: { published: 3000 }, CONTRACTS_FINDER: { published: 3000 } });
    const lines = (await (await fetch(`${running.url}/__truth?source=FIND_A_TENDER`)).text())
      .trim()
      .split("\n");
    expect(lines).toHaveLength(3000);
    expect(await (await fetch(`${running.url}/__stats`)).json()).toMatchObject({
      FIND_A_TENDER: { asked: 1, rows: 100 },
    });
    await running.close();
  });
});

describe.skipIf(!hasCorpus)("beside recorded pages", () => {
  const shape = (value: unknown, path = ""): string[] => {
    if (Array.isArray(value)) return value.flatMap((one) => shape(one, `${path}[]`));
    if (typeof value !== "object" || value === null) return [path];
    return Object.entries(value).flatMap(([key, one]) =>
      shape(one, `${path}.${/^\d+$/.test(key) ? "#" : key}`),
    );
  };

  it("has the envelope of real pages", () => {
    const recorded: object = JSON.parse(readFileSync(join(CORPUS, "fat/day-2026-08-10-page-1.json"), "utf8"));
    const made = asking().page(range("2026-05-01T00:00:00", "2026-05-31T00:00:00"));
    expect(Object.keys(made).toSorted()).toEqual(Object.keys(recorded).toSorted());
  });

  it.each(SOURCES)("makes releases of %s out of fields that real ones have", async (source) => {
    const known = new Set((await recordedReleases(source)).flatMap((release) => shape(release)));
    const { page } = asking();
    const url = source === "FIND_A_TENDER" ? range : cfRange;
    const made = page(url("2026-04-01T00:00:00", "2026-06-30T00:00:00")).releases;
    const own = new Set(made.flatMap((release) => shape(release)).filter((path) => !known.has(path)));
    expect([...own].filter((path) => !OWN_FIELDS.has(path))).toEqual([]);
    for (const { date } of made) expect(instantOf(date)).not.toBeNull();
  });
});

/** Fields of the facts that no recorded page happens to carry. */
const OWN_FIELDS = new Set([
  ".language",
  ".awards[].standstillPeriod",
  ".tender.items[].deliveryAddresses.#.region",
]);
