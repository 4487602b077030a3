// What a source's own reader gets to work with, and what becomes of what it returns.
import { claimNewest, finish, finishLook, type Held, renew } from "../claim/claim.ts";
import type { Claim } from "../claim/statements.ts";
import type { ReadContext, Reader } from "../sources/source.ts";
import { buyerIdsFor, sayWhereUnsaid } from "../store/buyers.ts";
import { DeadlineReached } from "../terms/errors.ts";
import { type HolderContext, remainingMs, waitFor } from "./context.ts";
import { ensureHeadroom, storeUnlessFull } from "./headroom.ts";
import { checkpoint } from "./with-claim.ts";

/** @throws ClaimLost, and what the reader throws: whatever was checkpointed stays */
export async function readBy(reader: Reader, context: HolderContext, held: Held): Promise<void> {
  ensureHeadroom(context.headroom, "backfill");
  const progress = await reader.read(readContextOf(context, held.claim), held.window);
  await finish(context.db, held.claim, { ...progress, verifyAt: null }); // due for its look at once
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

const HOLD_MARGIN_MS = 10_000;

/** A call that takes longer than what is left of the lease would lose the claim. */
async function holdThrough(context: HolderContext, claim: Claim, ms: number): Promise<void> {
  const { db, effects, keepAlive } = context;
  const { held } = keepAlive;
  if (!held) return;
  const needMs = ms + HOLD_MARGIN_MS;
  const leftMs = claim.leaseSeconds * 1000 - (effects.now().getTime() - held.renewedAt.getTime());
  if (needMs <= leftMs) return;
  await renew(db, { ...claim, leaseSeconds: Math.max(claim.leaseSeconds, Math.ceil(needMs / 1000)) });
  held.renewedAt = effects.now();
}

/** The newest window that was read and never verified; null when there is none. */
export function claimForProof(
  { db, source, effects, config }: HolderContext,
  sites?: readonly string[],
): Promise<Held | null> {
  const { leaseSeconds } = config;
  return claimNewest(db, {
    source,
    ...(sites ? { sites } : {}),
    kind: "verify",
    look: { first: true, now: effects.now() },
    id: effects.newId(),
    leaseSeconds,
    backoffSeconds: 0,
  });
}

/** @param claim null outside any window: there is nothing to checkpoint then */
export function readContextOf(context: HolderContext, claim: Claim | null): ReadContext {
  const { db, effects, log, report, headroom } = context;
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
    hold: async (ms) => {
      if (claim) await holdThrough(context, claim, ms);
    },
    buyers: {
      idsFor: (named) => storeUnlessFull(headroom, () => buyerIdsFor(db, named, effects.now())),
      sayWhereUnsaid: (id, fields) => storeUnlessFull(headroom, () => sayWhereUnsaid(db, id, fields)),
    },
    checkpoint: async (progress) => {
      if (!claim) return;
      await checkpoint(context, claim, { progress, moved: true });
      ensureHeadroom(headroom, "backfill");
    },
  };
}
