// The replica against the record: absent numbers, the limiter that was measured, what stands in no recorded page.
import { describe, expect, it } from "vitest";
import { createReplica } from "../../src/replica/answer.ts";
import type { Fault } from "../../src/replica/faults.ts";
import { createHistory, type HistoryOptions, type Published } from "../../src/replica/history.ts";
import { createLimiter, ESTIMATED_LIMIT } from "../../src/replica/limit.ts";
import { witnessUrl } from "../../src/replica/witness.ts";

interface Absent {
  numbers: number;
  longestRun: number;
  /** The greatest share of numbers that a page of 100 rows lacks. */
  densest: number;
}

function absentIn(rows: Published[]): Map<number, Absent> {
  const years = Map.groupBy(rows, ({ number }) => Math.floor(number / 1_000_000));
  return new Map(
    [...years].map(([year, own]) => {
      const numbers = own.map(({ number }) => number);
      const runs = numbers.slice(1).map((number, index) => number - (numbers[index] ?? 0) - 1);
      const pages = numbers.slice(99).map((number, index) => {
        const span = number - (numbers[index] ?? 0) + 1;
        return (span - 100) / span;
      });
      return [
        year,
        {
          numbers: runs.reduce((sum, run) => sum + run, 0),
          longestRun: Math.max(0, ...runs),
          densest: pages.reduce((most, share) => Math.max(most, share), 0),
        },
      ];
    }),
  );
}

describe("the numbers of Find a Tender", () => {
  it("are absent as often, and in such bursts, as the record has it", () => {
    const [from, to] = [new Date("2021-01-02T00:00:00Z"), new Date("2026-09-24T00:00:00Z")];
    for (const seed of [1, 2, 3]) {
      const absent = absentIn(createHistory({ source: "FIND_A_TENDER", seed, from, to, notices: 328_000 }));
      const of = (year: number) => absent.get(year)?.numbers ?? Number.NaN;
      expect(of(2021)).toBeGreaterThan(5); // 20
      expect(of(2021)).toBeLessThan(40);
      expect(of(2022)).toBeLessThan(25); // 8
      expect(of(2023)).toBeLessThan(20); // 6
      expect(of(2024)).toBe(0);
      expect(of(2025)).toBeGreaterThan(10); // 73
      expect(of(2025)).toBeLessThan(160);
      expect(of(2026)).toBeGreaterThan(700); // 1,073
      expect(of(2026)).toBeLessThan(1400);
      const now = absent.get(2026);
      expect(now?.longestRun).toBe(7);
      expect(now?.densest).toBeGreaterThan(0.25); // 0.306
      expect(now?.densest).toBeLessThanOrEqual(0.306);
    }
  });
});

describe("the estimating limiter", () => {
  const refused = (everySeconds: number, requests: number, seed: number) => {
    const limiter = createLimiter(ESTIMATED_LIMIT, seed);
    return Array.from({ length: requests }, (_, index) => limiter.admits(index * everySeconds * 1000)).filter(
      (admitted) => !admitted,
    ).length;
  };

  it.each([1, 2, 3])("refuses as was measured, seed %i", (seed) => {
    expect(refused(13, 123, seed)).toBe(0);
    expect(refused(11, 13, seed)).toBeGreaterThanOrEqual(4); // 7
    expect(refused(11, 13, seed)).toBeLessThanOrEqual(8);
    expect(refused(6, 14, seed)).toBeGreaterThanOrEqual(4); // 5
    expect(refused(6, 14, seed)).toBeLessThanOrEqual(8);
    expect(refused(1.2, 19, seed)).toBe(0); // back to back, all answered
    expect(refused(1.2, 35, seed)).toBeGreaterThanOrEqual(6); // then a burst: 10 of 16
    expect(refused(1.2, 35, seed)).toBeLessThanOrEqual(16);
  });

  it("lets go after the wait that it names", () => {
    const limiter = createLimiter(ESTIMATED_LIMIT, 1);
    let now = 0;
    while (limiter.admits(now)) now += 3000;
    expect(limiter.admits(now + ESTIMATED_LIMIT.retryAfterSeconds * 1000)).toBe(true);
  });
});

const ORIGIN = "http://x";
const FROM = new Date("2026-03-01T00:00:00Z");
const TO = new Date("2026-05-01T00:00:00Z");
const now = TO.getTime();

function world(faults: Fault[] = [], more: Partial<HistoryOptions> = {}) {
  const made = (source: HistoryOptions["source"]) =>
    createHistory({ source, seed: 5, from: FROM, to: TO, notices: 1500, faults, ...more });
  const histories = { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  const replica = createReplica({ seed: 5, histories, faults, witnessAwayMonths: ["2026-03"] });
  const text = (url: string, at = now) => {
    const { status, body } = replica.handle({ url, now: at });
    return { status, text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(body) };
  };
  return { replica, histories, text };
}

describe("the cursor of Contracts Finder", () => {
  const search = `${ORIGIN}/Published/Notices/OCDS/Search?publishedFrom=2026-04-01T00:00:00`;
  const { text } = world();
  const next = JSON.parse(text(`${search}&publishedTo=2026-05-01T00:00:00&limit=20`).text).links?.next;

  it("is handed out only where publishedTo was sent", () => {
    expect(next).toMatch(/&cursor=/);
    const open = JSON.parse(text(`${search}&limit=20`).text);
    expect([open.releases.length, open.links]).toEqual([20, undefined]);
  });

  it("is refused when it was changed, or belongs to another window", () => {
    expect(text(next).status).toBe(200);
    const decoded = Buffer.from(new URL(next).searchParams.get("cursor") ?? "", "base64").toString();
    const changed = Buffer.from(decoded.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)));
    const answer = text(next.replace(/cursor=.*/, `cursor=${changed.toString("base64")}`));
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("must match returned nextCursor from previous request");
    expect(text(next.replace("2026-04-01", "2026-04-02")).status).toBe(400);
  });
});

describe("a look-up of a notice under 230 processes", () => {
  it("has three pages, each with a link to the next", () => {
    const fanOuts = [{ at: new Date("2026-04-14T10:00:00Z"), count: 230 }];
    const { text, histories } = world([], { fanOuts });
    const many = Map.groupBy(histories.FIND_A_TENDER, ({ releaseId }) => releaseId);
    const [id] = [...many].find(([, rows]) => rows.length === 230) ?? [];
    let url: string | undefined = `${ORIGIN}/api/1.0/ocdsReleasePackages/${id}`;
    const sizes: number[] = [];
    const ocids = new Set<string>();
    while (url !== undefined) {
      const page: { releases: { ocid: string }[]; links?: { next: string } } = JSON.parse(text(url).text);
      sizes.push(page.releases.length);
      for (const { ocid } of page.releases) ocids.add(ocid);
      url = page.links?.next;
    }
    expect(sizes).toEqual([100, 100, 30]);
    expect(ocids.size).toBe(230);
  });
});

describe("the daily CSV", () => {
  const days = Array.from({ length: 60 }, (_, day) =>
    new Date(FROM.getTime() + day * 86_400_000).toISOString().slice(0, 10),
  );
  const isOn = (day: string) => (row: Published) =>
    new Date(row.date + (day > "2026-03-28" ? 3_600_000 : 0)).toISOString().slice(0, 10) === day;

  it("lists every release of its London day, in columns that differ by day", () => {
    const { text, histories } = world();
    const heads = new Set<string>();
    for (const day of ["2026-03-10", "2026-03-11", "2026-04-14"]) {
      const { status, text: csv } = text(witnessUrl(ORIGIN, day));
      expect(status).toBe(200);
      expect(csv.charCodeAt(0)).toBe(0xfeff);
      const rows = histories.CONTRACTS_FINDER.filter(isOn(day));
      expect(rows.length).toBeGreaterThan(10);
      for (const { releaseId, ocid } of rows)
        expect([csv.includes(releaseId), csv.includes(ocid)]).toEqual([true, true]);
      heads.add(csv.slice(0, csv.indexOf("\r\n")));
    }
    expect(heads.size).toBe(3);
    expect(text(witnessUrl(ORIGIN, "2026-04-30")).status).toBe(403); // not over yet
    expect(text(witnessUrl(ORIGIN, "2026-04-30").replace("30.csv", "31.csv")).status).toBe(404);
  });

  it.each<[Fault, (counted: { status: number; wrong: number }[]) => number]>([
    ["witness-days-missing", (counted) => counted.filter(({ status }) => status !== 200).length],
    ["witness-away", (counted) => counted.filter(({ status }) => status !== 200).length],
    ["witness-lacks-rows", (counted) => counted.filter(({ wrong }) => wrong === -1).length],
    ["witness-invents-rows", (counted) => counted.filter(({ wrong }) => wrong === 1).length],
  ])("with %s is wrong on some days, and right on the others", (fault, wrongIn) => {
    const { text, histories } = world([fault]);
    const counted = days.slice(0, -1).map((day) => {
      const { status, text: csv } = text(witnessUrl(ORIGIN, day));
      const rows = new Set(csv.match(/ocds-b5fd17-[-0-9a-f]{36},/g) ?? []).size;
      const published = new Set(histories.CONTRACTS_FINDER.filter(isOn(day)).map(({ ocid }) => ocid)).size;
      return { status, wrong: rows - published };
    });
    expect(wrongIn(counted)).toBeGreaterThan(2);
    expect(wrongIn(counted)).toBeLessThan(counted.length);
  });
});
