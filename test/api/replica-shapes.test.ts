// Made-up releases and answers beside recorded ones: fields, sizes, envelopes, error bodies, and the recorded pages
// themselves served by the same core.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createReplica } from "../../src/replica/answer.ts";
import { createHistory, type Published } from "../../src/replica/history.ts";
import { loadRecorded } from "../../src/replica/recorded.ts";
import { releaseText } from "../../src/replica/release.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { toLondon } from "../../src/terms/london-time.ts";
import { CORPUS, hasCorpus, recordedReleases } from "../kit/corpus.ts";

const from = new Date("2024-09-01T00:00:00Z");
const to = new Date("2026-07-01T00:00:00Z");
const now = to.getTime();
const FAT = "https://www.find-tender.service.gov.uk/api/1.0/ocdsReleasePackages";
const CF = "https://www.contractsfinder.service.gov.uk/Published/Notices/OCDS/Search";
const history = (source: Source, notices: number) => createHistory({ source, seed: 5, from, to, notices });
const histories = {
  FIND_A_TENDER: history("FIND_A_TENDER", 16_000),
  CONTRACTS_FINDER: history("CONTRACTS_FINDER", 6000),
};
const made = {
  FIND_A_TENDER: histories.FIND_A_TENDER.map((record) => releaseText("FIND_A_TENDER", record, "full")),
  CONTRACTS_FINDER: histories.CONTRACTS_FINDER.map((record) =>
    releaseText("CONTRACTS_FINDER", record, "full"),
  ),
};

/** Every path at which a value stands, arrays as `[]` and objects used as arrays as `.#`. */
function pathsOf(value: unknown, into: Set<string>, path = ""): Set<string> {
  if (Array.isArray(value)) for (const one of value) pathsOf(one, into, `${path}[]`);
  else if (typeof value === "object" && value !== null) {
    for (const [key, one] of Object.entries(value))
      pathsOf(one, into, `${path}.${/^\d+$/.test(key) ? "#" : key}`);
  } else into.add(path);
  return into;
}

interface Release {
  tag: string[];
  buyer?: { id: string; name: string };
  tender: { legalBasis?: { scheme: string } };
}

/** Type of notice, tags, and the section in which its document stands. */
function kindOf(release: Release): string {
  const section = Object.entries(release).find(([, value]) => /"noticeType"/.test(JSON.stringify(value)));
  const type = /"noticeType":"(UK\d+)"/.exec(JSON.stringify(release))?.[1] ?? "CELEX";
  const document = /"documentType":"(\w+)","noticeType"/.exec(JSON.stringify(release))?.[1] ?? "";
  return `${type} ${release.tag.join("+")} ${section?.[0] ?? ""} ${document} ${release.buyer ? "buyer" : "nobody"}`;
}

describe("made-up releases", () => {
  it("are as large as real ones", () => {
    for (const [source, mean, median, p95] of [
      ["FIND_A_TENDER", 5100, 3700, 13_700],
      ["CONTRACTS_FINDER", 3300, 3000, 5600],
    ] as const) {
      const sizes = made[source].map((text) => text.length).toSorted((a, b) => a - b);
      const at = (share: number) => sizes[Math.floor(share * sizes.length)] ?? 0;
      const near = (real: number) => (size: number) => size > real * 0.7 && size < real * 1.35;
      expect(sizes.reduce((sum, one) => sum + one, 0) / sizes.length).toSatisfy(near(mean));
      expect(at(0.5)).toSatisfy(near(median));
      expect(at(0.95)).toSatisfy(near(p95));
    }
  });

  it("hold the shapes that break a mapper", () => {
    const fat = made.FIND_A_TENDER.join("\n");
    for (const shape of [
      /"deliveryAddresses":\{"1":/,
      /"standstillPeriod":\[\]/,
      /"status":null/,
      /"description":null/,
      /"statusDetails":null/,
      /"name":null/,
      /"buyerID":\[\]/,
      /"endDate":"2076-/,
      /"endDate":"\d{4}-\d\d-\d\d"/, // without a zone
      /"endDate":"[^"]*\+01:00"/,
      /"endDate":"[^"]*\+00:00"/,
      /"endDate":"[^"]*Z"/,
      /&amp;|&apos;/,
      /"awards":\[\{"id":"1","amendments":\[\{[^}]*\}\](,"documents":\[\{[^}]*\}\])?\}\]/, // a delta
      /"amount":0,/,
      /"amount":1,/,
      /\{"amountGross":[\d.]+,"currency"/, // gross alone
      ...["AED", "EUR", "USD", "CHF", "NOK", "QAR", "GBP"].map((code) => new RegExp(`"currency":"${code}"`)),
    ]) {
      expect(fat).toMatch(shape);
    }
    const cf = made.CONTRACTS_FINDER.join("\n");
    expect(cf).toMatch(/"suppliers":\[\{[^}]*"name":null/);
    expect(cf).toMatch(/"date":"2026-0[4-9][^"]*\+01:00"/);
    expect(cf).toMatch(/"date":"2026-0[12][^"]*Z"/);
    // Up to 127 awards without a value on a UK15.
    const members = made.FIND_A_TENDER.filter((text) => text.includes('"noticeType":"UK15"'));
    const awards = members.map((text) => text.split('"amendments":[{"id"').length - 1);
    expect(Math.max(...awards)).toBeGreaterThan(30);
    expect(members.some((text) => text.includes('"value"'))).toBe(false);
  });

  it("keep the buyer of their process, nearly always", () => {
    const buyers = new Map<string, string[]>();
    for (const text of made.CONTRACTS_FINDER) {
      const { ocid, buyer }: { ocid: string; buyer: { id: string } } = JSON.parse(text);
      buyers.set(ocid, [...(buyers.get(ocid) ?? []), buyer.id]);
    }
    const several = [...buyers.values()].filter((ids) => ids.length > 1);
    const changed = several.filter((ids) => new Set(ids).size > 1).length;
    expect(several.length).toBeGreaterThan(300);
    expect(changed).toBeGreaterThan(0);
    expect(changed / several.length).toBeLessThan(0.15);
  });
});

describe.skipIf(!hasCorpus)("beside recorded responses", () => {
  const recorded = (file: string) => readFileSync(join(CORPUS, file), "utf8");
  const replica = (histories: Partial<Record<Source, Published[]>> = {}) =>
    createReplica({
      seed: 5,
      faults: [],
      histories: { FIND_A_TENDER: [], CONTRACTS_FINDER: [], ...histories },
    });
  const ask = (url: string, at = now) => {
    const { status, headers, body } = replica().handle({ url, now: at });
    return { status, headers, text: new TextDecoder().decode(body) };
  };

  it.each(SOURCES)("every field of %s is one that real releases have", async (source) => {
    const known = new Set<string>();
    for (const release of await recordedReleases(source)) pathsOf(release, known);
    const own = new Set<string>();
    for (const text of made[source].slice(0, 5000)) pathsOf(JSON.parse(text), own);
    expect([...own].filter((path) => !known.has(path) && !UNRECORDED.has(path))).toEqual([]);
    expect(own.size).toBeGreaterThan(source === "FIND_A_TENDER" ? 200 : 60);
  });

  it("every recorded kind of notice is made, its document in the same section, with or without a buyer", async () => {
    const real = new Set(
      ((await recordedReleases("FIND_A_TENDER")) as Release[])
        .filter(({ tender }) => tender.legalBasis?.scheme === "UKPGA")
        .map(kindOf),
    );
    // A few of each are enough to look at: an update is a snapshot or a delta.
    const looked = new Map<string, number>();
    const own = new Set<string>();
    histories.FIND_A_TENDER.forEach(({ noticeType, tags }, at) => {
      const kind = `${noticeType} ${tags}`;
      looked.set(kind, (looked.get(kind) ?? 0) + 1);
      if ((looked.get(kind) ?? 0) <= 20) own.add(kindOf(JSON.parse(made.FIND_A_TENDER[at] ?? "")));
    });
    expect([...real].filter((kind) => !own.has(kind))).toEqual([]);
    expect(real.size).toBe(20);
  });

  it.each([
    ["FIND_A_TENDER", "fat/day-2026-08-10-page-1.json", FAT, "updatedFrom", "updatedTo"],
    ["CONTRACTS_FINDER", "cf/page-2025-01-23.json", CF, "publishedFrom", "publishedTo"],
  ] as const)("the envelope of %s is the recorded one, letter for letter", (source, file, api, lo, hi) => {
    const { releases: _, links, ...envelope } = JSON.parse(recorded(file));
    const url = `${api}?${lo}=2026-05-01T00:00:00&${hi}=2026-05-31T00:00:00&limit=100`;
    const { body } = replica({ [source]: histories[source] }).handle({ url, now });
    const page = JSON.parse(new TextDecoder().decode(body));
    expect(Object.keys(page)).toEqual(Object.keys(JSON.parse(recorded(file))));
    const { releases, links: next, ...own } = page;
    expect(own).toEqual({ ...envelope, uri: url, publishedDate: releases[0].date });
    // links.next: the question and a cursor, each of the form that was recorded.
    const form = (text: string) => {
      const { searchParams } = new URL(text);
      const cursor = Buffer.from(searchParams.get("cursor") ?? "", "base64").toString();
      return [[...searchParams.keys()], cursor.replace(/\d{4}-[\dT:-]+/g, "…").replace(/\d+$/, "#")];
    };
    expect(form(next.next)).toEqual(form(links.next));
    expect(next.next.startsWith(`${url}&cursor=`)).toBe(true);
  });

  it("refusals and errors are the recorded ones, letter for letter but for times", () => {
    const timeless = (text: string) =>
      text.replace(/"timestamp": "[^"]*?(\+01:00)?"/, '"timestamp": "…$1"').trim();
    const unknown = ask(`${FAT}?statuses=1`);
    expect(unknown.status).toBe(400);
    expect(timeless(unknown.text)).toBe(timeless(recorded("errors/fat-400-unknown-parameter.json")));
    const absent = ask(`${FAT}/ocds-h6vhtk-04196e`, Date.UTC(2026, 9, 2));
    const record = recorded("errors/fat-404-unknown-ocid.json");
    const asked = record.replace(
      "ocdsRecordPackages/ocds-h6vhtk-04196c",
      "ocdsReleasePackages/ocds-h6vhtk-04196e",
    );
    expect([absent.status, timeless(absent.text)]).toEqual([404, timeless(asked)]);
    const lost = ask("https://www.contractsfinder.service.gov.uk/Published/Record/none");
    expect([lost.status, lost.text.trim()]).toEqual([404, recorded("errors/cf-404-record.json").trim()]);
    const limit = { requests: 12, perSeconds: 120, retryAfterSeconds: 120 };
    const limited = createReplica({
      seed: 1,
      faults: ["403-html"],
      faultShare: 0,
      limit,
      histories: { FIND_A_TENDER: [], CONTRACTS_FINDER: [] },
    });
    const last = (url: string) => {
      for (let at = 0; at < limit.requests; at++) limited.handle({ url, now });
      return limited.handle({ url, now });
    };
    const refused = last(FAT);
    expect(new TextDecoder().decode(refused.body)).toBe(recorded("errors/fat-20-window-noZ-429.txt"));
    for (const [name, value] of Object.entries(refused.headers))
      expect(recorded("errors/fat-20-window-noZ-429.headers")).toContain(`${name}: ${value}`);
    const reference = /quoting [\w+/=]+\./;
    const forbidden = last(CF);
    expect([forbidden.status, forbidden.headers["content-type"]]).toEqual([403, "text/html"]);
    expect(new TextDecoder().decode(forbidden.body).trim().replace(reference, "…")).toBe(
      recorded("errors/cf-403-rate-limited.html").trim().replace(reference, "…"),
    );
  });

  it("an empty page has no publishedDate, and echoes the end that was left out, as recorded", () => {
    const { releases, ...real } = JSON.parse(recorded("fat/stages-comma-empty-200.json"));
    const at = Date.UTC(2026, 7, 12, 8, 41, 57);
    const page = JSON.parse(ask(`${FAT}?stages=planning,tender&limit=10`, at).text);
    expect(page).toEqual({ ...real, releases });
  });

  it("serves recorded pages: every release at its own time, in their order, numbers without end as they came", async () => {
    const pages = await loadRecorded(CORPUS);
    const served = createReplica({ seed: 1, faults: [], histories: pages });
    const page = (url: string) =>
      new TextDecoder().decode(served.handle({ url, now: Date.UTC(2027, 0) }).body);
    const day: { id: string }[] = [1, 2, 3, 4, 5].flatMap(
      (number) => JSON.parse(recorded(`fat/day-2026-08-10-page-${number}.json`)).releases,
    );
    const got: { id: string }[] = [];
    let next: string | undefined =
      `${FAT}?updatedFrom=2026-08-10T00:00:00&updatedTo=2026-08-11T00:00:00&limit=100`;
    for (let asked = 0; next && asked < 6; asked++) {
      const { releases, links }: { releases: { id: string }[]; links?: { next: string } } = JSON.parse(
        page(next),
      );
      got.push(...releases);
      next = links?.next;
    }
    expect(got.map(({ id }) => id)).toEqual(day.map(({ id }) => id));
    expect(got).toEqual(day);
    expect(page(`${FAT}/075694-2026`)).toContain('"maximumLotsBidPerSupplier":1e9999');
    // The duplicate of a recorded page stands twice there, and once in the truth.
    const twice = pages.FIND_A_TENDER.filter(({ plant }) => plant === "duplicate-ids");
    expect(twice.map(({ releaseId }) => releaseId)).toEqual(["071452-2026"]);
    const second = toLondon(new Date(twice[0]?.at ?? 0));
    const around = JSON.parse(
      page(`${FAT}?updatedFrom=${second}&updatedTo=${toLondon(new Date((twice[0]?.at ?? 0) + 1000))}`),
    );
    expect(around.releases.filter(({ id }: { id: string }) => id === "071452-2026")).toHaveLength(2);
    const truth = served.published("FIND_A_TENDER", Date.UTC(2027, 0));
    expect(new Set(truth).size).toBe(truth.length);
  });
});

/** Fields of the facts that no recorded release happens to carry. */
const UNRECORDED = new Set([
  ".language",
  ".awards[].standstillPeriod.endDate",
  ".tender.items[].deliveryAddresses.#.region",
]);
