// What a source's own reader gets to work with, and what becomes of what it returns.
import { claimNewest, finish, finishLook, type Held } from "../claim/claim.ts";
import type { Claim } from "../claim/statements.ts";
import type { ReadContext, Reader } from "../sources/source.ts";
import { DeadlineReached } from "../terms/errors.ts";
import { type HolderContext, remainingMs, waitFor } from "./context.ts";
import { ensureRoom } from "./headroom.ts";
import { checkpoint } from "./hold.ts";

/** @throws ClaimLost, and what the reader throws: whatever was checkpointed stays */
export async function readBy(reader: Reader, context: HolderContext, held: Held): Promise<void> {
  ensureRoom(context.room, "backfill");
  const progress = await reader.read(readContextOf(context, held.claim), held.window);
  await finish(context.db, held.claim, progress);
}

const NEVER = new Date("9999-01-01T00:00:00Z");

/** @throws as `readBy` */
export async function verifyBy(reader: Reader, context: HolderContext, held: Held): Promise<void> {
  if (!reader.verify) return;
  const progress = await reader.verify(readContextOf(context, held.claim), held.window);
  // Its source knows of no schedule: what is proved once is not looked at again.
  const end = { proof: "exact", proofBy: "slices", verifyAt: NEVER, suspicion: null } as const;
  await finishLook(context.db, held.claim, { progress, end });
}

/** The newest window that was read and never verified; null when there is none. */
export function claimForProof({ db, source, effects, config }: HolderContext): Promise<Held | null> {
  const { leaseSeconds } = config;
  return claimNewest(db, {
    source,
    kind: "verify",
    look: { first: true, now: effects.now() },
    id: effects.newId(),
    leaseSeconds,
    backoffSeconds: 0,
  });
}

/** @param claim null outside any window: there is nothing to checkpoint then */
export function readContextOf(context: HolderContext, claim: Claim | null): ReadContext {
  const { db, effects, log, report, room } = context;
  const wait = waitFor(context);
  return {
    db,
    effects,
    log,
    report,
    remainingMs: () => remainingMs(context),
    wait: async (ms) => {
      if (ms > remainingMs(context)) throw new DeadlineReached("the wait would outlive the deadline");
      await wait(ms);
    },
    checkpoint: async (progress) => {
      if (!claim) return;
      await checkpoint(context, claim, { progress, moved: true });
      ensureRoom(room, "backfill");
    },
  };
}
