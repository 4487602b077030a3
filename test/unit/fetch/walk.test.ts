import { describe, expect, it } from "vitest";
import {
  besideBroken,
  jointQuestion,
  judgePage,
  judgeSlice,
  laneAfter,
  lanesAfter,
  narrower,
  nextLane,
  questionFor,
  smallest,
} from "../../../src/fetch/walk.ts";
import { londonTime } from "../../../src/terms/london-time.ts";
import type { LaneProgress } from "../../../src/terms/window.ts";
import { APIS } from "../../kit/apis.ts";
import { pageOf, question, row, rowsBelow } from "../../kit/pages.ts";

const api = APIS.FIND_A_TENDER;
const asked = question("2026-06-01T00:00:00", "2026-06-30T23:59:59");
const none: ReadonlySet<string> = new Set();
const full = rowsBelow({ newest: "2026-06-30T17:00:00", count: 100, everySeconds: 60 });
const judge = (page: Parameters<typeof judgePage>[0]["page"], before = none) =>
  judgePage({ api, asked, page, before });
const fat = (rows = full, next: string | null = "https://next") => pageOf("FIND_A_TENDER", asked, rows, next);

describe("judgePage", () => {
  it("takes a page that is not full for whole", () => {
    expect(judge(fat(full.slice(0, 99), null))).toEqual({ kind: "whole" });
    expect(judge(fat([], null))).toEqual({ kind: "whole" });
  });

  it("takes a full page for whole down to a few rows before its end, whether or not it names a next one", () => {
    // Row 96 of 100 is the median of the last nine.
    expect(judge(fat())).toEqual({ kind: "full", frontier: "2026-06-30T15:25:00" });
    expect(judge(fat(full, null))).toEqual({ kind: "full", frontier: "2026-06-30T15:25:00" });
  });

  it("is not led astray by four odd dates among the last nine", () => {
    for (const odd of ["2026-06-30T16:59:00", "2021-05-07T00:00:00"]) {
      const rows = full.map((one, at) => (at >= 96 ? row({ id: one.releaseId, at: odd }) : one));
      const verdict = judge(fat(rows));
      expect(verdict.kind).toBe("full");
      const frontier = verdict.kind === "full" ? verdict.frontier : "";
      expect(frontier >= "2026-06-30T15:25:00" && frontier <= "2026-06-30T15:30:00").toBe(true);
    }
  });

  it("calls a page crowded when it ends in the second where it began, and unclear when it ends where the range does", () => {
    const newest = Array.from({ length: 100 }, (_, at) =>
      row({ id: `${String(900 - at).padStart(6, "0")}-2026`, at: asked.hi }),
    );
    expect(judge(fat(newest))).toEqual({ kind: "crowded" });
    const oldest = newest.map(({ releaseId }) => row({ id: releaseId, at: asked.lo }));
    expect(judge(fat(oldest))).toEqual({ kind: "unclear" });
  });

  it.each([
    ["order", fat([...full.slice(1), ...full.slice(0, 1)])],
    ["count", fat([...full, row({ id: "000001-2026", at: "2026-06-02T00:00:00" })])],
    ["count", fat(full.slice(0, 50), "https://next")],
    ["range", fat(rowsBelow({ newest: "2025-06-30T17:00:00", count: 100, everySeconds: 60 }))],
    ["echo", { ...fat(), uri: fat().uri.replace("2026-06-01", "2026-05-01") }],
    ["echo", { ...fat(), uri: "" }],
  ] as const)("trusts no page with wrong %s", (why, page) => {
    expect(judge(page)).toEqual({ kind: "untrusted", why });
  });

  it("trusts no full page of Find a Tender that leaves more numbers out than the record shows, though it is in order", () => {
    const every = (step: number) =>
      full.map((_one, at) =>
        row({
          id: `${String(5000 - at * step).padStart(6, "0")}-2026`,
          at: `2026-06-30T16:${String(59 - Math.floor(at / 2)).padStart(2, "0")}:00`,
        }),
      );
    expect(judge(fat(every(2)))).toEqual({ kind: "untrusted", why: "gaps" });
    expect(judge(fat(every(1))).kind).toBe("full");
    // As densely as the record's densest page: 44 of 144 numbers, in runs of up to 7.
    let number = 5000;
    const densest = full.map((_one, index) => {
      number -= index > 0 && index < 57 && index % 9 === 0 ? 8 : 1;
      const minute = String(59 - Math.floor(index / 2)).padStart(2, "0");
      return row({ id: `${String(number).padStart(6, "0")}-2026`, at: `2026-06-30T16:${minute}:00` });
    });
    expect(judge(fat(densest)).kind).toBe("full");
  });

  it("trusts no full page that is the one before again", () => {
    expect(judge(fat(), new Set(full.map(({ key }) => key)))).toEqual({
      kind: "untrusted",
      why: "duplicate page",
    });
  });

  it("takes one notice under many processes for order", () => {
    const rows = full.map((one, at) =>
      at < 15 ? row({ id: full[14]?.releaseId ?? "", at: "2026-06-30T17:00:00", ocid: `o${at}` }) : one,
    );
    expect(judge(fat(rows)).kind).toBe("full");
  });

  it("orders Contracts Finder by date", () => {
    const cf = APIS.CONTRACTS_FINDER;
    const verdict = (rows: typeof full) =>
      judgePage({ api: cf, asked, page: pageOf("CONTRACTS_FINDER", asked, rows), before: none });
    expect(verdict(full)).toEqual({ kind: "full", frontier: "2026-06-30T15:22:00" });
    expect(verdict([...full.slice(0, 98), ...full.slice(98).reverse()])).toEqual({
      kind: "untrusted",
      why: "order",
    });
  });

  it("never puts a frontier into the hour that the clocks change", () => {
    const range = question("2026-10-01T00:00:00", "2026-10-31T23:59:59");
    const rows = rowsBelow({ newest: "2026-10-25T03:00:00", count: 100, everySeconds: 60 });
    const page = pageOf("FIND_A_TENDER", range, rows);
    expect(judgePage({ api, asked: range, page, before: none })).toEqual({
      kind: "full",
      frontier: "2026-10-25T02:00:00",
    });
  });
});

describe("judgeSlice", () => {
  it("counts only a page that is not full and names no next one", () => {
    expect(judgeSlice(api, asked, fat(full.slice(1), null)).kind).toBe("whole");
    expect(judgeSlice(api, asked, fat(full, null)).kind).toBe("over");
    expect(judgeSlice(api, asked, fat(full.slice(1), "https://next")).kind).toBe("over");
    expect(
      judgeSlice(api, asked, { ...fat(), uri: fat().uri.replace("2026-06-01", "2026-05-01") }).kind,
    ).toBe("untrusted");
  });
});

describe("questions", () => {
  const start = londonTime("2026-06-01T00:00:00");
  const lane = { stage: "all", frontier: londonTime("2026-06-10T12:00:00"), done: false };

  it("reach down to the start, or as far as a span", () => {
    expect(
      questionFor({ api, stage: "all", hi: lane.frontier, start, limit: 100, spanSeconds: null }).lo,
    ).toBe(start);
    expect(
      questionFor({ api, stage: "all", hi: lane.frontier, start, limit: 100, spanSeconds: 3600 }).lo,
    ).toBe("2026-06-10T11:00:00");
  });

  it("never ask for less than the API answers, even at the very start", () => {
    expect(questionFor({ api, stage: "all", hi: start, start, limit: 100, spanSeconds: null }).lo).toBe(
      "2026-05-31T23:59:59",
    );
  });

  it("narrow by halves down to two seconds", () => {
    let narrowed = question(start, lane.frontier);
    let steps = 0;
    for (let at: ReturnType<typeof narrower> = narrowed; at; at = narrower(api, at)) {
      narrowed = at;
      steps++;
    }
    expect(narrowed).toMatchObject({ lo: "2026-06-10T11:59:59", hi: "2026-06-10T12:00:00" });
    expect(steps).toBeLessThan(25);
    expect(smallest(api, question(start, lane.frontier))).toEqual(narrowed);
  });

  it("cannot cut the hour of a clock change, and knows it", () => {
    expect(narrower(api, question("2026-10-25T00:59:59", "2026-10-25T02:00:00"))).toBeNull();
  });
});

describe("laneAfter", () => {
  const start = londonTime("2026-06-01T00:00:00");
  const lane = { stage: "all", frontier: asked.hi, done: false };

  it("counts each release once, though pages repeat rows", () => {
    const first = laneAfter({ lane, rows: full, reached: londonTime("2026-06-30T15:25:00"), start });
    expect(first.counted).toHaveLength(100);
    const second = rowsBelow({
      newest: "2026-06-30T15:25:00",
      count: 60,
      everySeconds: 60,
      firstNumber: 4905,
    });
    const after = laneAfter({ lane: first.lane, rows: second, reached: start, start });
    expect(after.counted).toHaveLength(55);
    expect(after.lane).toEqual({ stage: "all", frontier: start, done: true });
  });

  it("counts byte-identical duplicates within a page once", () => {
    const after = laneAfter({ lane, rows: [...full, ...full], reached: start, start });
    expect(after.counted).toHaveLength(100);
  });
});

describe("lanes", () => {
  const start = londonTime("2026-06-01T00:00:00");
  const at = (stage: string, frontier: string, done = false): LaneProgress => ({
    stage,
    frontier: londonTime(frontier),
    done,
  });

  it("go on with the newest frontier", () => {
    expect(nextLane([at("tender", "2026-06-05T00:00:00"), at("award", "2026-06-09T00:00:00")])?.stage).toBe(
      "award",
    );
    expect(nextLane([at("tender", "2026-06-01T00:00:00", true)])).toBeNull();
  });

  it("are asked together where they cover every stage and have come equally far", () => {
    const cf = APIS.CONTRACTS_FINDER;
    const all = ["planning", "tender", "award", "implementation"].map((stage) =>
      at(stage, "2026-06-02T00:00:00"),
    );
    const ask = (lanes: typeof all) => jointQuestion({ api: cf, lanes, start, limit: 100 });
    expect(ask(all)).toEqual({ stage: "all", lo: start, hi: "2026-06-02T00:00:00", limit: 100 });
    expect(ask(all.slice(1))).toBeNull(); // CF_STAGES leaves a stage out: it is not to be stored
    expect(ask(all.with(0, at("planning", "2026-06-01T12:00:00")))).toBeNull();
    expect(ask(all.with(0, at("planning", start, true)))).toBeNull();
    expect(ask(all.with(0, { ...at("planning", "2026-06-02T00:00:00"), mode: "slices" }))).toBeNull();
    expect(jointQuestion({ api, lanes: [at("all", "2026-06-02T00:00:00")], start, limit: 100 })).toBeNull();
  });

  it("count only what no lane has counted, whether or not the joint page was the last", () => {
    const lanes = [
      at("tender", "2026-06-01T12:00:00"),
      at("award", "2026-06-02T01:00:00"),
      at("planning", start, true),
    ];
    const rows = [
      row({ id: "a", at: "2026-06-01T13:00:00", tags: ["tender"] }),
      row({ id: "b", at: "2026-06-01T11:00:00", tags: ["tender"] }),
      row({ id: "c", at: "2026-06-01T13:00:00", tags: ["awardUpdate"] }),
      row({ id: "d", at: "2026-06-01T13:00:00", tags: ["planning"] }),
    ];
    const ids = (counted: typeof rows) => counted.map(({ releaseId }) => releaseId);
    const whole = lanesAfter({ lanes, rows, reached: start, start });
    expect(ids(whole.counted)).toEqual(["b", "c"]);
    expect(whole.lanes.every((lane) => lane.done && lane.frontier === start)).toBe(true);
    const part = lanesAfter({ lanes, rows, reached: londonTime("2026-06-01T12:30:00"), start });
    expect(ids(part.counted)).toEqual(["c"]);
    expect(part.lanes.map(({ frontier }) => frontier)).toEqual([
      lanes[0]?.frontier,
      "2026-06-01T12:30:00",
      start,
    ]);
  });
});

describe("besideBroken", () => {
  const unclosed = (id: string, date: string) =>
    `{"ocid":"o${id}","id":"${id}","date":"${date}","tag":["tender"],"title":"n/a}`;
  const good = (id: string, date: string) =>
    `{"ocid":"o${id}","id":"${id}","date":"${date}","tag":["tender"]}`;
  const body = (...releases: string[]) =>
    new TextEncoder().encode(`{"uri":"u","releases":[${releases.join(",")}]}`);
  const at = "2026-06-20T10:00:00";
  const broken = body(
    good("000003-2026", "2026-06-21T09:00:00+01:00"),
    unclosed("000002-2026", `${at}+01:00`),
    good("000001-2026", "2026-06-19T09:00:00+01:00"),
  );

  it("asks for what is above the release that breaks the page, then for its second", () => {
    const above = besideBroken(api, asked, broken);
    expect(above).toEqual({ ...asked, lo: "2026-06-20T10:00:01" });
    const next = { ...asked, hi: londonTime("2026-06-20T10:00:01") };
    expect(besideBroken(api, next, broken)).toEqual(smallest(api, next));
  });

  it("tells nothing where the release's date lies elsewhere, or nothing is broken, or nothing is a page", () => {
    const elsewhere = { ...asked, hi: londonTime("2026-06-10T00:00:00") };
    expect(besideBroken(api, elsewhere, broken)).toBeNull();
    expect(besideBroken(api, asked, body(good("000003-2026", `${at}+01:00`)))).toBeNull();
    expect(besideBroken(api, asked, new TextEncoder().encode("<html>"))).toBeNull();
  });
});
