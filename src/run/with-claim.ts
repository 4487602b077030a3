// Holding a window: its lease is renewed while waiting, and however the work ends, the claim is given back as it should.
import { advance, giveBack, giveUp, renew } from "../claim/claim.ts";
import type { Claim, Progress } from "../claim/statements.ts";
import { isUnreachable } from "../platform/database.ts";
import {
  ApiError,
  BudgetSpent,
  ClaimLost,
  DeadlineReached,
  messageOf,
  SetAside,
  StorageFull,
} from "../terms/errors.ts";
import { kindOf, troubleText } from "../terms/trouble.ts";
import type { HolderContext } from "./context.ts";
import { recordFull, writeUnlessFull } from "./headroom.ts";

/** Writes progress and, with it, the lease. `moved`: a frontier has. @throws ClaimLost */
export async function checkpoint(
  context: HolderContext,
  claim: Claim,
  { progress, moved }: { progress: Progress; moved: boolean },
): Promise<void> {
  await advance(context.db, claim, progress, moved);
  if (context.keepAlive.held) context.keepAlive.held.renewedAt = context.effects.now();
}

export type ClaimEnd = "finished" | "lost" | "troubled" | "set aside";

/**
 * Works on a held window. An API's trouble, whatever it answered, or an unknown one, is the window's own: it goes back with
 * a pause, and the source goes on.
 * @throws DeadlineReached, StorageFull, BudgetSpent and whatever is not the window's fault, after giving the claim back
 */
export async function withClaim(
  context: HolderContext,
  claim: Claim,
  work: () => Promise<void>,
): Promise<ClaimEnd> {
  const { db, effects, log, keepAlive, report, headroom } = context;
  const held = {
    renew: async () => {
      await renew(db, claim);
      held.renewedAt = effects.now();
    },
    renewedAt: effects.now(),
  };
  keepAlive.held = held;
  try {
    await work();
    return "finished";
  } catch (thrown) {
    const error = recordFull(headroom, thrown) ?? thrown;
    if (error instanceof ClaimLost) {
      log.warn({ window: claim.windowId }, error.message);
      return "lost";
    }
    if (error instanceof SetAside) {
      log.warn({ window: claim.windowId }, error.message);
      await unlessLost(giveBack(db, claim));
      return "set aside";
    }
    const own = troubleOfTheWindow(error);
    if (own !== null) {
      const message = messageOf(own);
      report.errors.push(troubleText(own));
      log.error({ window: claim.windowId, ...(own instanceof ApiError ? {} : { err: own }) }, message);
      await unlessLost(giveUp(db, claim, { kind: kindOf(own), message }));
      if (error instanceof DeadlineReached) throw error;
      return "troubled";
    }
    if (!(error instanceof DeadlineReached) && !(error instanceof BudgetSpent))
      log.error({ window: claim.windowId, err: error }, "the run ends here");
    await writeUnlessFull(headroom, () => unlessLost(giveBack(db, claim)));
    throw error;
  } finally {
    keepAlive.held = null;
  }
}

/**
 * Neither room nor the database, nor time alone: an answer of the API, or an error that nobody thought of. Either costs the
 * window an attempt, so that it fails openly in the end, and the others go on.
 */
function troubleOfTheWindow(error: unknown): unknown {
  if (error instanceof DeadlineReached) return error.cause instanceof ApiError ? error.cause : null;
  if (error instanceof BudgetSpent || error instanceof StorageFull || isUnreachable(error)) return null;
  return error;
}

async function unlessLost(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ClaimLost)) throw error;
  }
}

/** An error that nobody thought of: the rest goes on, and the run is an error in the end. */
export interface Trouble {
  error: unknown;
}

/** An API's trouble is noted, and the source goes on. */
export async function untroubled(
  context: HolderContext,
  work: () => Promise<unknown>,
): Promise<Trouble | null> {
  try {
    await work();
  } catch (error) {
    const ends =
      error instanceof DeadlineReached || recordFull(context.headroom, error) || isUnreachable(error);
    if (ends) throw error;
    if (!(error instanceof ApiError)) return { error };
    context.report.errors.push(troubleText(error));
    context.log.error({ source: context.source }, error.message);
  }
  return null;
}
