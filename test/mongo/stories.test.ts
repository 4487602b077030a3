// `processes` and `contracts.status` in the database against the truth: the replica's stories at ten instants, stored by two
// writers at once, newest and oldest first, each page twice and more, and stopped again and again.
// STORIES=10000 npx vitest run test/mongo/stories.test.ts is the long form: that many of both sources together.
import { MongoNetworkError } from "mongodb";
import { beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../src/platform/database.ts";
import { createHistory, type Published } from "../../src/replica/history.ts";
import { createRandom } from "../../src/replica/random.ts";
import { releaseObject } from "../../src/replica/release.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { closePassed, storePage } from "../../src/store/store.ts";
import { freshDatabase } from "../kit/database.ts";
import { mappedPage, storingTo, wrongCounts } from "../kit/records.ts";
import { differences, type Found, shuffled } from "../kit/truths.ts";

const { db, clear } = await freshDatabase();
beforeEach(clear);

const STORIES = Number(process.env["STORIES"] ?? 50) / 2;
const FROM = new Date("2026-01-05T00:00:00Z");
const TO = new Date("2026-11-20T00:00:00Z");
const INSTANTS = Array.from(
  { length: 10 },
  (_, index) => new Date(FROM.getTime() + ((index + 1) / 10) * (TO.getTime() - FROM.getTime())),
);
const PAGE = STORIES < 100 ? 10 : 100;
const KILL_SHARE = 0.1; // of its writes: a page has four

/** Some of its operations never answer, carried out or not: their writer is gone. */
function killing(random: () => number, met: { kills: number }): Database {
  const dying = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== "function") return value;
        return (...given: unknown[]) => {
          const dice = random();
          const kill = () => {
            met.kills++;
            return Promise.reject(new MongoNetworkError("killed"));
          };
          if (/^(bulkWrite|updateMany|deleteMany|updateOne)$/.test(String(property))) {
            if (dice < KILL_SHARE / 2) return kill();
            const done: Promise<unknown> = Reflect.apply(value, target, given);
            return dice < KILL_SHARE ? done.then(kill) : done;
          }
          return Reflect.apply(value, target, given);
        };
      },
    });
  return { ...db, contracts: dying(db.contracts), processes: dying(db.processes), buyers: dying(db.buyers) };
}

const pagesOf = (rows: readonly Published[]): Published[][] =>
  Array.from({ length: Math.ceil(rows.length / PAGE) }, (_, at) => rows.slice(at * PAGE, (at + 1) * PAGE));

/** Stores all pages, one after the other; where it is stopped, the next one begins with the same page. */
async function write(
  source: Source,
  { pages, now, seed, met }: { pages: Published[][]; now: Date; seed: number; met: { kills: number } },
): Promise<void> {
  const mortal = killing(createRandom(seed), met);
  for (const rows of pages) {
    const releases = rows.map((row) => releaseObject(source, row, "full"));
    for (let stopped = true; stopped; ) {
      try {
        const { refused } = await storePage(storingTo(mortal, now), mappedPage(source, releases, now));
        expect(refused).toEqual([]);
        stopped = false;
      } catch (error) {
        if (!(error instanceof MongoNetworkError)) throw error;
      }
    }
  }
}

async function foundIn(source: Source): Promise<Map<string, Found[]>> {
  const open = new Map<string, Set<string>>();
  const projection = { ocid: 1, noticeId: 1 };
  for (const { ocid, noticeId } of await db.contracts
    .find({ source, status: "OPEN" }, { projection })
    .toArray())
    open.set(ocid, (open.get(ocid) ?? new Set()).add(noticeId));
  const found = new Map<string, Found[]>();
  for (const process of await db.processes.find({ source }).toArray()) {
    const { ocid, state, deadlineDate, awards = [], awardValue, notices } = process;
    const ids = notices.map(({ noticeId }) => noticeId);
    const seen = {
      state,
      deadline: deadlineDate?.getTime() ?? null,
      awards: awards.length,
      value: awardValue ?? null,
      open: ids.filter((id) => open.get(ocid)?.has(id)).sort(),
    };
    const key = `${source}/${ocid}`;
    found.set(key, [...(found.get(key) ?? []), { notices: new Set(ids), seen }]);
  }
  return found;
}

describe.each(SOURCES)("stories of %s in the database", (source) => {
  it("are what is true at ten instants", async () => {
    const rows = createHistory({ source, seed: 9, from: FROM, to: TO, notices: 0, stories: STORIES });
    const met = { kills: 0 };
    let since = 0;
    for (const [index, now] of INSTANTS.entries()) {
      const fresh = rows.filter(({ listedAt }) => listedAt > since && listedAt <= now.getTime());
      const before = rows.filter(({ listedAt }) => listedAt <= since);
      since = now.getTime();
      const random = createRandom(index + 1);
      const again = shuffled(before, random).slice(0, PAGE);
      await Promise.all([
        write(source, { pages: pagesOf([...fresh.toReversed(), ...again]), now, seed: 2 * index, met }),
        write(source, {
          pages: pagesOf(shuffled([...fresh, ...again], random)),
          now,
          seed: 2 * index + 1,
          met,
        }),
      ]);
      await closePassed(storingTo(db, now));
      const wrong = differences(await foundIn(source), rows, now);
      expect({ now, wrong: wrong.length, some: wrong.slice(0, 5) }).toEqual({ now, wrong: 0, some: [] });
    }
    expect(await wrongCounts(db)).toEqual([]);
    expect(met.kills).toBeGreaterThan(3);
    if (STORIES > 100) console.log(`${await db.processes.countDocuments()} processes, ${met.kills} kills`);
  }, 3_600_000);
});
