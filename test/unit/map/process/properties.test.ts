// What holds for every story, made up at random.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  award,
  call,
  cancellation,
  contract,
  correction,
  market,
  onDay,
  plan,
} from "../../../kit/stories.ts";
import { foldReleases } from "../../../kit/told.ts";

const day = fc.integer({ min: 0, max: 60 });
const ahead = fc.option(fc.integer({ min: 0, max: 90 }), { nil: undefined });
const title = fc.constantFrom("Roof repairs", "Gutters");
const buyer = fc.constantFrom("Leeds City Council", "York Council");
const update = fc.boolean();
const lot = fc.constantFrom(["1"], ["2"], ["1", "2"]);
const money = fc.option(fc.constantFrom(100, 200), { nil: undefined });
const firm = fc.constantFrom("Slate Ltd", "SLATE LIMITED", "Tile Ltd");
const anyNotice = fc.oneof(
  fc
    .record({ day, title, buyer, update, until: ahead, talks: ahead })
    .map((one) => (id: string) => plan(id, one)),
  fc
    .record({ day, title, buyer, update, deadline: ahead, type: fc.constantFrom("UK4", null) })
    .map((one) => (id: string) => call(id, { ...one, lots: { 1: "active", 2: "active" } })),
  fc.record({ day, title, buyer, moved: ahead }).map((one) => (id: string) => correction(id, one)),
  fc
    .record({
      ...{ day, title, buyer, update, framework: update },
      type: fc.constantFrom("UK5", "UK6", "UK7", null),
      awards: fc.array(fc.record({ lots: lot, value: money, firm }), {
        minLength: 1,
        maxLength: 3,
      }),
    })
    .map((one) => (id: string) => award(id, { ...one, lots: { 1: "active", 2: "active" } })),
  fc.record({ day, title }).map((one) => (id: string) => cancellation(id, one)),
  fc
    .record({ day, type: fc.constantFrom("UK9", "UK10", "UK11", "UK17") })
    .map((one) => (id: string) => contract(id, one)),
  fc
    .record({ day, title, buyer, type: fc.constantFrom("UK13", "UK14", "UK15", "UK16") })
    .map((one) => (id: string) => market(id, one)),
);

const story = fc
  .array(anyNotice, { minLength: 1, maxLength: 9 })
  .map((notices) => notices.map((made, at) => made(`n${at}`)));

describe("whatever the story", () => {
  it("is told the same in whatever order its notices come", () => {
    fc.assert(
      fc.property(
        story.chain((releases) =>
          fc.tuple(fc.constant(releases), fc.shuffledSubarray(releases, { minLength: releases.length })),
        ),
        day,
        ([releases, shuffled], at) => {
          const now = new Date(onDay(at));
          expect(foldReleases(shuffled, now).procurements.get("FIND_A_TENDER/ocds-h6vhtk-1")).toEqual(
            foldReleases(releases, now).procurements.get("FIND_A_TENDER/ocds-h6vhtk-1"),
          );
        },
      ),
      { numRuns: 400 },
    );
  });

  it("a process is open where one of its notices is, each notice is of one, and awards are counted once", () => {
    fc.assert(
      fc.property(story, day, (releases, at) => {
        const { procurements, contracts } = foldReleases(releases, new Date(onDay(at)));
        const all = [...procurements.values()].flat();
        expect(all.flatMap(({ notices }) => [...notices.keys()]).sort()).toEqual(
          releases.map(({ release }) => release.id).sort(),
        );
        for (const { process, notices } of all) {
          const open = [...contracts.values()].filter(
            ({ noticeId, stage, status }) => notices.has(noticeId) && stage === "TENDER" && status === "OPEN",
          );
          expect([process.state === "open", open.map(({ noticeId }) => noticeId)]).toEqual([
            open.length > 0,
            open.map(({ noticeId }) => noticeId),
          ]);
          if (open.length > 0) expect(open.map(({ noticeId }) => noticeId)).toContain(process.noticeId);
          for (const { openUntil, supersededBy } of open) {
            expect(supersededBy).toBeUndefined();
            if (openUntil) expect(openUntil > new Date(onDay(at))).toBe(true);
          }
          const most = (process.awards ?? []).reduce((sum, { value = 0 }) => sum + value, 0);
          expect(process.awardValue ?? 0).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 400 },
    );
  });
});
