// Which processes of the two sites tell one procurement: the rule at its edges, and against made-up ones whose truth is known.
import { ObjectId } from "mongodb";
import { describe, expect, it } from "vitest";
import { twinsAmong } from "../../../src/map/process/twins.ts";
import { createHistory } from "../../../src/replica/history.ts";
import { releaseObject } from "../../../src/replica/release.ts";
import { SOURCES } from "../../../src/replica/sources.ts";
import { contractId } from "../../../src/store/ids.ts";
import type { TwinFacts } from "../../../src/terms/twins.ts";
import { foldReleases } from "../../kit/told.ts";

const STORIES = Number(process.env["TWIN_STORIES"] ?? 600);
const buyerId = new ObjectId();
const day = (count: number) => new Date(Date.UTC(2024, 2, 1 + count, 12));

function processOf(source: TwinFacts["source"], more: Partial<TwinFacts> = {}): TwinFacts {
  return {
    ...{ _id: new ObjectId(), source, buyerId, buyerName: "Leeds City Council" },
    ...{ title: "Roof repairs at three schools", deadlineDate: day(30), valueMax: 250_000, currency: "GBP" },
    ...{ firstPublishedDate: day(0), publishedDate: day(0) },
    ...more,
  };
}
const fat = (more?: Partial<TwinFacts>) => processOf("FIND_A_TENDER", more);
const cf = (more?: Partial<TwinFacts>) => processOf("CONTRACTS_FINDER", more);

function twinOf(one: TwinFacts, ...others: TwinFacts[]) {
  const [twin] = twinsAmong([one, ...others]).get(one._id.toHexString()) ?? [];
  return twin ?? null;
}

describe("a twin", () => {
  it("is named by each of the two, as sure as what agrees", () => {
    const [one, other] = [fat(), cf({ title: "Leeds City Council - ROOF REPAIRS at three schools" })];
    const found = twinsAmong([one, other]);
    const agree = ["title", "deadline", "value"];
    expect(found.get(one._id.toHexString())).toEqual([{ processId: other._id, likelihood: 0.99, agree }]);
    expect(found.get(other._id.toHexString())).toEqual([{ processId: one._id, likelihood: 0.99, agree }]);
  });

  it.each<[string, Partial<TwinFacts>, number]>([
    ["another title, the rest the same", { title: "Boilers for the town hall" }, 0],
    ["no words of the title but the buyer's", { title: "Leeds City Council" }, 0.88],
    ["half of the title", { title: "Roof works, three sites" }, 0.88],
    ["a day without a clock", { deadlineDate: new Date(Number(day(30)) + 43_200_000) }, 1],
    ["a deadline that one site has moved", { deadlineDate: day(40) }, 0.82],
    ["no deadline", { deadlineDate: undefined }, 0.95],
    ["a rounded value", { valueMax: 252_000 }, 1],
    ["another value", { valueMax: 90_000 }, 0.88],
    ["no value", { valueMax: undefined }, 0.98],
    ["the value of its award alone", { valueMax: undefined, awardValue: 250_000 }, 1],
    ["the value in another currency", { currency: "EUR" }, 0.88],
    ["deadline and value of others", { deadlineDate: day(33), valueMax: 90_000 }, 0],
    ["neither deadline nor value", { deadlineDate: undefined, valueMax: undefined }, 0],
    ["the same of another year", { firstPublishedDate: day(-365), publishedDate: day(-300) }, 0],
    ["a month between them", { firstPublishedDate: day(30), publishedDate: day(31) }, 1],
    ["one that began under the Act", { firstPublishedDate: new Date("2025-02-24T00:00:00Z") }, 0],
  ])("with %s is sure to %s", (_, more, likelihood) => {
    const given = Object.fromEntries(
      Object.entries({ ...cf(), ...more }).filter(([, value]) => value !== undefined),
    );
    expect(twinOf(fat(), given as unknown as TwinFacts)?.likelihood ?? 0).toBeCloseTo(likelihood, 1);
  });

  it("is none of the same site", () => expect(twinOf(fat(), fat())).toBeNull());

  it("is not named where two are as likely, and the likelier where one is", () => {
    expect(twinOf(fat(), cf(), cf())).toBeNull();
    const likelier = cf();
    const twin = twinOf(fat(), cf({ valueMax: 90_000 }), likelier);
    expect(twin?.processId).toEqual(likelier._id);
    expect(twin?.likelihood).toBeLessThan(0.99);
    // The other one is wanted by two.
    expect(twinOf(cf(), fat(), cf())).toBeNull();
  });
});

describe(`of ${STORIES} stories on each site`, () => {
  const options = { seed: 4, from: new Date("2024-02-01T00:00:00Z"), to: new Date("2025-06-01T00:00:00Z") };
  const now = options.to;
  const rows = SOURCES.map((source) => ({
    source,
    rows: createHistory({ ...options, source, notices: 0, stories: STORIES }),
  }));
  const releases = rows.flatMap(({ source, rows }) =>
    rows.map((row) => ({ source, release: releaseObject(source, row, "full") })),
  );
  const processes = [...foldReleases(releases, now).procurements.values()].flat().map(({ process }) => {
    const { source, ocid, buyerName = "" } = process;
    const idOf = (noticeId: string) => contractId({ source, ocid, noticeId });
    // The two sites number their buyers differently; the store knows them by their names (store/identity.ts).
    const buyer = contractId({ source: "buyer", ocid: buyerName, noticeId: "" });
    return { ...process, _id: idOf(buyerName), buyerId: buyer };
  });
  const told = new Set(rows.flatMap(({ rows }) => rows.map(({ ocid }) => ocid)));
  const truth = new Map(
    rows.flatMap(({ rows }) =>
      rows.flatMap(({ ocid, telling }): [string, string][] => {
        const twin = telling?.story.twin;
        return twin !== undefined && told.has(twin) ? [[ocid, twin]] : [];
      }),
    ),
  );
  const ocids = new Map(processes.map(({ _id, ocid }) => [_id.toHexString(), ocid]));
  const byBuyer = Map.groupBy(processes, (one) => one.buyerId.toHexString());
  const named = [...byBuyer.values()].flatMap((own) =>
    [...twinsAmong(own)].flatMap(([id, twins]) =>
      twins.map(({ processId, likelihood }) => ({
        right: truth.get(ocids.get(id) ?? "") === ocids.get(processId.toHexString()),
        likelihood,
      })),
    ),
  );
  const right = named.filter(({ right }) => right).length;

  it("nearly all that it names are right, and nearly all that there are are named", () => {
    const figures = { there: truth.size, named: named.length, right };
    if (STORIES > 600)
      console.log(
        figures,
        named.filter(({ right }) => !right),
      );
    expect(truth.size).toBeGreaterThan(STORIES / 4);
    expect({ ...figures, precise: right / named.length >= 0.98 }).toMatchObject({ precise: true });
    expect({ ...figures, found: right / truth.size >= 0.9 }).toMatchObject({ found: true });
  });

  it("it is no surer than it is right", () => {
    const sum = named.reduce((total, { likelihood }) => total + likelihood, 0);
    expect(right / named.length).toBeGreaterThan(sum / named.length - 0.02);
  });
});
