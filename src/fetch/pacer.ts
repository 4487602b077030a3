// Spaces the requests to one API evenly, for all invocations together: whoever wants to ask takes the next slot from
// `rateLimits` in one update, on the database's clock, or learns that it would come too late.
import type { Document } from "mongodb";
import type { Database } from "../platform/database.ts";
import { DeadlineReached } from "../terms/errors.ts";
import type { Source } from "../terms/window.ts";

/** A little slower than the ceiling, so that jitter on the way cannot squeeze one request too many into its window. */
const HEADROOM = 1.02;
const WIDEN_AFTER_REFUSAL = 1.5;
const WIDEN_MAX = 8;
// Back towards the ceiling quickly, but only creeping from where the last refusal came: at most one in 200 is refused.
const NARROW = 0.97;
const NARROW_NEAR_REFUSAL = 0.9995;
const NEAR_REFUSAL = 1.2;

export interface Pacer {
  /** Waits for the next slot. @throws DeadlineReached when it comes after the deadline */
  slot(): Promise<void>;
  /** The API refused: nobody asks before `waitMs` are over, and everybody asks less often. */
  refused(waitMs: number): Promise<void>;
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
  let intervalMs = baseMs;
  await db.rateLimits.updateOne(
    { _id: source },
    { $setOnInsert: { nextAt: new Date(0), intervalMs: baseMs, updatedAt: new Date(0) } },
    { upsert: true },
  );
  return {
    async slot() {
      const left = remainingMs();
      const taken =
        left > 0
          ? await db.rateLimits.findOneAndUpdate(slotBefore(source, left), slotTaken(baseMs), {
              returnDocument: "after",
            })
          : null;
      const waitMs = taken?.slotAt
        ? taken.slotAt.getTime() - taken.updatedAt.getTime()
        : Number.POSITIVE_INFINITY;
      // The database may have taken its time to answer: what counts is what is left now.
      if (!taken || waitMs > remainingMs()) {
        throw new DeadlineReached(`${source}: the next request would come after the deadline`);
      }
      intervalMs = taken.intervalMs;
      await wait(waitMs);
      if (remainingMs() < 0) throw new DeadlineReached(`${source}: the deadline passed while waiting`);
    },
    async refused(waitMs) {
      await db.rateLimits.updateOne({ _id: source }, slotsRefused(baseMs, waitMs));
    },
    intervalMs: () => intervalMs,
  };
}

const slotAt = { $max: ["$nextAt", "$$NOW"] };

const slotBefore = (source: Source, remainingMs: number) => ({
  _id: source,
  $expr: { $lte: [slotAt, { $add: ["$$NOW", Math.round(remainingMs)] }] },
});

const slotTaken = (baseMs: number): Document[] => [
  {
    $set: {
      slotAt,
      updatedAt: "$$NOW",
      intervalMs: {
        $max: [
          baseMs,
          {
            $multiply: [
              "$intervalMs",
              {
                $cond: [
                  { $lt: ["$intervalMs", { $multiply: [{ $ifNull: ["$refusedAtMs", 0] }, NEAR_REFUSAL] }] },
                  NARROW_NEAR_REFUSAL,
                  NARROW,
                ],
              },
            ],
          },
        ],
      },
    },
  },
  { $set: { nextAt: { $add: ["$slotAt", "$intervalMs"] } } },
];

const slotsRefused = (baseMs: number, waitMs: number): Document[] => [
  {
    $set: {
      nextAt: { $max: ["$nextAt", { $add: ["$$NOW", Math.round(waitMs)] }] },
      refusedAtMs: "$intervalMs",
      intervalMs: { $min: [{ $multiply: ["$intervalMs", WIDEN_AFTER_REFUSAL] }, baseMs * WIDEN_MAX] },
      updatedAt: "$$NOW",
    },
  },
];
