// Calls and plans of one procurement: which notice is their latest version, until when one can act on it, and what ended it.
import { isUpdate, lotsOf, titleKey } from "./notice.ts";
import type { ToldNotice } from "./told.ts";

export type CallEnd = "cancelled" | "complete" | "awarded";

export interface Call {
  /** The version that stands. */
  notice: ToldNotice;
  until: Date | undefined;
  /** Lots that still run; null where the call does not say. */
  left: Set<string> | null;
  /** Lots that an award or a cancellation has taken out. */
  taken: Map<string, CallEnd>;
  end: CallEnd | undefined;
  isMarket: boolean;
}

/** What is known when a call, or a version of one, is told. */
export interface Before {
  /** Something was awarded, or all was cancelled. */
  end: CallEnd | undefined;
  /** One can ask to join a dynamic market as long as it exists; an award from it does not close it. Not each version says it. */
  isMarket: boolean;
}

export interface Plan {
  notice: ToldNotice;
  until: Date | undefined;
  /** What came after it: a call, an award, or its own cancellation. */
  end: "followed" | "cancelled" | undefined;
}

/** Can one bid at this instant? */
export function isOpen({ end, until }: Call, at: Date): boolean {
  return end === undefined && (until === undefined || until > at);
}

/** Can one speak to the buyer? A plan without a day is never open: nothing would ever close it. */
export function isOpenForTalks({ end, until }: Plan, at: Date): boolean {
  return end === undefined && until !== undefined && until > at;
}

/**
 * Until when one can bid: its deadline. A call that names none is over when what it calls for begins; a dynamic market
 * without an end stands until it is ended.
 */
function untilOf(notice: ToldNotice, isMarket: boolean): Date | undefined {
  return notice.deadlineDate ?? (isMarket ? undefined : notice.contractStartDate);
}

export class Calls {
  readonly all: Call[] = [];
  readonly plans: Plan[] = [];
  /** Who replaced whom. */
  readonly superseded = new Map<string, string>();
  private readonly callsByTitle = new Map<string, Call>();
  private readonly plansByKey = new Map<string, Plan>();
  /** Calls that may still be open: the others need not be looked at again. */
  private readonly running = new Set<Call>();

  /** A call, or a later version of one. */
  call(notice: ToldNotice, before: Before): void {
    this.endPlans("followed");
    const earlier = this.versionOf(notice);
    const end = notice.told?.end;
    const lots = lotsOf(notice);
    if (!earlier) {
      // The first that is read of a call may be a later version: an update never opens again what was awarded.
      const closed = isVersion(notice) ? before.end : undefined;
      this.add({
        ...{ notice, until: untilOf(notice, before.isMarket), taken: new Map(), end: end ?? closed },
        ...{ left: lots && new Set(lots), isMarket: before.isMarket },
      });
      return;
    }
    this.superseded.set(earlier.notice.noticeId, notice.noticeId);
    const left = lots?.filter((lot) => !earlier.taken.has(lot));
    if (isEdit(notice) && before.end === undefined && earlier.end === earlier.notice.told?.end) {
      earlier.end = undefined;
      this.running.add(earlier);
    }
    earlier.notice = notice;
    earlier.isMarket ||= before.isMarket;
    earlier.until = untilOf(notice, earlier.isMarket) ?? earlier.until;
    if (left) earlier.left = new Set(left);
    earlier.end ??= end ?? (left?.length === 0 ? lastOf(earlier.taken) : undefined);
    this.remember(earlier);
  }

  /** The old regime's correction. One that moves the deadline is the version to look at, one that does not changes nothing here. */
  correct(notice: ToldNotice, before: Before): void {
    if (notice.deadlineDate === undefined) return;
    const earlier = this.versionOf(notice);
    if (!earlier) {
      this.add({
        ...{ notice, until: notice.deadlineDate, left: null, taken: new Map(), ...before },
      });
      return;
    }
    this.superseded.set(earlier.notice.noticeId, notice.noticeId);
    earlier.notice = notice;
    earlier.until = notice.deadlineDate;
    this.remember(earlier);
  }

  plan(notice: ToldNotice): void {
    const { engagementDeadline, told, noticeType } = notice;
    // A buyer's pipeline, its talks and its plan are different things, each with its own versions.
    const kind = told?.tender === undefined ? `type ${noticeType}` : `tender ${told.tender}`;
    const keys = [`${kind} title ${titleKey(notice)}`, ...(isVersion(notice) ? [kind] : [])];
    const earlier = keys.map((key) => this.plansByKey.get(key)).find((plan) => plan !== undefined);
    const until = engagementDeadline ?? told?.until;
    const end = told?.end === "cancelled" ? "cancelled" : undefined;
    const plan: Plan = earlier ?? { notice, until, end };
    if (earlier) {
      this.superseded.set(earlier.notice.noticeId, notice.noticeId);
      const stays = earlier.end === "cancelled" && !isEdit(notice);
      Object.assign(earlier, { notice, until, end: stays ? earlier.end : end });
    } else this.plans.push(plan);
    for (const key of [kind, `${kind} title ${titleKey(notice)}`]) this.plansByKey.set(key, plan);
  }

  endPlans(end: "followed" | "cancelled"): void {
    for (const plan of this.plans) plan.end = plan.end === "cancelled" ? plan.end : end;
  }

  /**
   * Takes lots out of the call of the same title, else out of all calls; all lots where it is not said which. A market goes
   * on when something is awarded from it.
   */
  take(lots: readonly string[] | null, how: CallEnd, by: ToldNotice): void {
    const titled = this.callsByTitle.get(titleKey(by) ?? "");
    for (const call of titled ? [titled] : this.running) {
      if (how === "awarded" && call.isMarket) continue;
      const named = lots?.filter((lot) => call.left?.has(lot)) ?? [];
      if (call.left === null || named.length === 0) {
        // Lots that the call does not know by these names are all of it; those that are taken already are not taken twice.
        if (lots?.some((lot) => call.taken.has(lot))) continue;
        this.end(call, how);
        continue;
      }
      for (const lot of named) {
        call.left.delete(lot);
        call.taken.set(lot, how);
      }
      if (call.left.size === 0)
        this.end(call, [...call.taken.values()].includes("awarded") ? "awarded" : how);
    }
  }

  endMarkets(): void {
    for (const call of this.running) if (call.isMarket) this.end(call, "complete");
  }

  /** Whether a bid is possible at an instant; asked in the order of time, and what is past is not looked at again. */
  openAt(at: Date): boolean {
    for (const call of this.running) {
      if (isOpen(call, at)) return true;
      if (call.end !== undefined) this.running.delete(call);
    }
    return false;
  }

  private end(call: Call, how: CallEnd): void {
    call.end ??= how;
    this.running.delete(call);
  }

  private add(call: Call): void {
    this.all.push(call);
    this.running.add(call);
    this.remember(call);
  }

  private remember(call: Call): void {
    const title = titleKey(call.notice);
    if (title !== undefined) this.callsByTitle.set(title, call);
  }

  /** The call that a notice is a later version of. Of the same tender where its id is told; else the one of its title, an update always of one. */
  private versionOf(notice: ToldNotice): Call | undefined {
    const last = this.all.at(-1);
    if (notice.told?.tender !== undefined)
      return this.all.findLast((call) => call.notice.told?.tender === notice.told?.tender);
    const titled = this.callsByTitle.get(titleKey(notice) ?? "");
    if (isVersion(notice)) return titled ?? last;
    return titled?.end === undefined ? titled : undefined; // what was awarded or cancelled may be called for once more
  }
}

/** An edit under a new guid says all that stands, as one under the same guid does: what was withdrawn may be published again. */
function isEdit({ told }: ToldNotice): boolean {
  return told?.tender !== undefined;
}

/** A source that keeps a tender's id does not say which notices are later versions: none opens again what was awarded. */
function isVersion(notice: ToldNotice): boolean {
  return isEdit(notice) || notice.noticeType === "UK14" || isUpdate(notice);
}

function lastOf(taken: ReadonlyMap<string, CallEnd>): CallEnd | undefined {
  const ends = [...taken.values()];
  return ends.includes("awarded") ? "awarded" : ends.at(-1);
}
