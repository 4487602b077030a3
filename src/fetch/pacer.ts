// Spaces the requests to the APIs evenly, for all invocations together: whoever wants to ask takes the next slot from
// `rateLimits` in one update, on the database's clock, or learns that it would come too late. How far apart slots are is
// learnt (pace.ts, shared-pace.ts) and outlives the runs.
import type { Document } from "mongodb";
import type { Database } from "../platform/database.ts";
import type { RateLimit } from "../terms/documents.ts";
import { DeadlineReached } from "../terms/errors.ts";
import type { Source } from "../terms/window.ts";
import {
  answerTells,
  FRESH_LANE,
  FRESH_SHARED_PACE,
  isProved,
  type SharedPace,
  spacingFor,
  withAnswer,
  withProof,
  withRefusal,
} from "./shared-pace.ts";

/** A little slower than the ceiling, so that jitter on the way cannot squeeze one request too many into its window. */
const HEADROOM = 1.02;
/** One document for all APIs: they may share one budget. */
const ID = "APIS";
/** Another invocation may learn at the same instant; after so many tries the next occasion will do. */
const LEARN_TRIES = 5;

export interface Pacer {
  /** Waits for the next slot. @throws DeadlineReached when it comes after the deadline */
  slot(): Promise<void>;
  /** The API refused: nobody asks it before `waitMs` are over, and everybody asks less often. */
  refused(waitMs: number): Promise<void>;
  /** The API did not refuse. */
  answered(): Promise<void>;
  intervalMs(): number;
}

export interface PacerOptions {
  db: Database;
  source: Source;
  requestsPerMinute: number;
  /** Milliseconds until the invocation's soft deadline. */
  remainingMs: () => number;
  wait: (ms: number) => Promise<void>;
}

export async function openPacer(options: PacerOptions): Promise<Pacer> {
  const { db, source, requestsPerMinute, remainingMs, wait } = options;
  const baseMs = (60_000 / requestsPerMinute) * HEADROOM;
  await db.rateLimits.updateOne({ _id: ID }, opened(source), { upsert: true });
  let last: RateLimit | null = null;
  const learn = (change: (shared: SharedPace, now: Date) => SharedPace) => learnFrom(db, change);

  return {
    async slot() {
      const left = remainingMs();
      const filter = slotBefore(source, left);
      const taken =
        left > 0
          ? await db.rateLimits.findOneAndUpdate(filter, slotTaken(source, baseMs), {
              returnDocument: "after",
            })
          : null;
      const takenWith = remainingMs();
      if (!taken) throw tooLate(source);
      last = taken;
      const waitMs = taken.slotAt.getTime() - taken.updatedAt.getTime();
      if (isProved(taken, { source, baseMs, now: taken.updatedAt }))
        await learn((shared, now) =>
          isProved(shared, { source, baseMs, now }) ? withProof(shared, { source, baseMs, now }) : shared,
        );
      const leftMs = Math.max(0, waitMs - (takenWith - remainingMs()));
      // The database may have taken its time to answer: what counts is what is left now.
      if (leftMs > remainingMs()) throw tooLate(source);
      await wait(leftMs);
      if (remainingMs() < 0) throw new DeadlineReached(`${source}: the deadline passed while waiting`);
    },
    async refused(waitMs) {
      await learn((shared, now) => withRefusal(shared, { source, baseMs, now, waitMs }));
    },
    async answered() {
      if (last && answerTells(last, { source, now: last.updatedAt }))
        await learn((shared, now) => withAnswer(shared, { source, now }));
    },
    intervalMs: () => (last ? spacingFor(last, { source, baseMs, now: last.updatedAt }) : baseMs),
  };
}

const tooLate = (source: Source) =>
  new DeadlineReached(`${source}: the next request would come after the deadline`);

/** Reads what is known with the database's clock, and writes what follows unless another has written meanwhile. */
async function learnFrom(db: Database, change: (shared: SharedPace, now: Date) => SharedPace): Promise<void> {
  for (let left = LEARN_TRIES; left > 0; left--) {
    const known = await db.rateLimits.findOneAndUpdate({ _id: ID }, [{ $set: { updatedAt: "$$NOW" } }], {
      returnDocument: "after",
    });
    if (!known) return;
    const { together, refusal, votes, joint, lanes, refusedAt } = change(known, known.updatedAt);
    const learnt = { together, refusal, votes, joint, lanes, refusedAt, version: known.version + 1 };
    const { matchedCount } = await db.rateLimits.updateOne(
      { _id: ID, version: known.version },
      { $set: learnt },
    );
    if (matchedCount > 0) return;
  }
}

const opened = (source: Source): Document[] => [
  {
    $set: {
      ...Object.fromEntries(
        Object.entries({
          ...FRESH_SHARED_PACE,
          version: 0,
          slotAt: FRESH_LANE.slotAt,
          updatedAt: FRESH_LANE.slotAt,
        }).map(([name, value]) => [name, { $ifNull: [`$${name}`, value] }]),
      ),
      lanes: { $mergeObjects: [{ [source]: FRESH_LANE }, "$lanes"] },
    },
  },
];

const isTogether = { $eq: ["$together", true] };

const slotOf = (source: Source) => ({
  $max: [`$lanes.${source}.nextAt`, "$$NOW", { $cond: [isTogether, "$joint.nextAt", "$$NOW"] }],
});

const slotBefore = (source: Source, remainingMs: number) => ({
  _id: ID,
  $expr: { $lte: [slotOf(source), { $add: ["$$NOW", Math.round(remainingMs)] }] },
});

/** After a pause of so many spacings a rhythm begins again: the API's estimate has fallen meanwhile. */
const PAUSE_SPACINGS = 3;

const laneAfter = (path: string, options: { spacing: unknown; next: unknown }): Document => ({
  $mergeObjects: [
    `$${path}`,
    {
      slotAt: "$slotAt",
      nextAt: { $add: ["$slotAt", options.next] },
      pace: {
        $mergeObjects: [
          `$${path}.pace`,
          {
            steady: {
              $cond: [
                {
                  $lte: [
                    { $subtract: ["$slotAt", `$${path}.slotAt`] },
                    { $multiply: [options.spacing, PAUSE_SPACINGS] },
                  ],
                },
                { $add: [`$${path}.pace.steady`, 1] },
                1,
              ],
            },
          },
        ],
      },
    },
  ],
});

function slotTaken(source: Source, baseMs: number): Document[] {
  const own = { $max: [baseMs, `$lanes.${source}.pace.intervalMs`] };
  const joint = { $max: [baseMs / 2, "$joint.pace.intervalMs"] };
  const apart = { lane: own, next: own };
  return [
    // A slot is known to its taker alone: who learns something at the same time must see that it came first.
    { $set: { slotAt: slotOf(source), updatedAt: "$$NOW", version: { $add: ["$version", 1] } } },
    {
      $set: {
        [`lanes.${source}`]: laneAfter(`lanes.${source}`, {
          spacing: apart.lane,
          next: { $cond: [isTogether, baseMs, apart.next] },
        }),
        joint: { $cond: [isTogether, laneAfter("joint", { spacing: joint, next: joint }), "$joint"] },
      },
    },
  ];
}
