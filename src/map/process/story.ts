// One procurement, told notice by notice: what state it is in at an instant, and what became of each of its notices. What each
// kind of notice does is the table in docs/processes.md, and `tell`.
import type { FoldedProcess, ProcessAward, ProcessChange, ProcessState } from "../../terms/documents.ts";
import { toPence } from "../money.ts";
import { filled, latest } from "../read.ts";
import { type Before, Calls, isOpen, isOpenForTalks } from "./calls.ts";
import { Ledger, type LiveAward } from "./ledger.ts";
import { cancelledLotsOf, publishedAt, type Role, roleOf } from "./notice.ts";
import { type Said, saidAfter, stillSaid } from "./said.ts";
import { ENDED_AFTER_MS, type Procurement, type Standing, type ToldNotice } from "./told.ts";

const CHANGES_MAX = 6;

export class Story {
  private readonly notices: { notice: ToldNotice; role: Role }[] = [];
  private readonly calls = new Calls();
  private readonly ledger = new Ledger();
  private said: Said = {};
  private changes: ProcessChange[] = [];
  /** The latest end that any award said: with several awards the last said may be another's. */
  private lastEnds: { contractEndDate?: Date | undefined; contractMaxEndDate?: Date | undefined } = {};
  private contracted = false;
  private terminated = false;
  private cancelled = false;
  private readonly awardNotices = new Map<number, string>();

  tell(notice: ToldNotice): void {
    const role = roleOf(notice);
    const at = publishedAt(notice);
    const before = { state: this.stateAt(at), ...this.said };
    this.said = saidAfter(this.said, notice, role);
    this.apply(notice, role);
    this.notices.push({ notice, role });
    if (this.notices.length > 1) this.noteChanges(before, at);
  }

  private apply(notice: ToldNotice, role: Role): void {
    switch (role) {
      case "plan":
        this.calls.plan(notice);
        break;
      case "call":
        this.calls.call(notice, this.before());
        break;
      case "correction":
        this.calls.correct(notice, this.before());
        break;
      case "marketEnd":
        this.calls.endMarkets();
        break;
      case "award":
        this.award(notice);
        break;
      case "afterwards":
        this.contracted = true;
        break;
      case "termination":
        this.ledger.terminate(notice);
        this.terminated = true;
        break;
      case "cancellation":
        this.cancel(notice);
        break;
      case "market":
      case "none":
        break;
    }
  }

  private award(notice: ToldNotice): void {
    const tender = notice.told?.tender;
    if (tender !== undefined) {
      // An edit under a new guid, which keeps the tender's id.
      const earlier = this.awardNotices.get(tender);
      if (earlier !== undefined) this.ledger.replaceAll(earlier, notice.noticeId);
      this.awardNotices.set(tender, notice.noticeId);
    }
    const told = this.ledger.tell(notice);
    for (const { fate, lots } of told) {
      if (fate !== "pending") this.calls.take(lots, fate === "cancelled" ? "cancelled" : "awarded", notice);
    }
    this.calls.endPlans("followed");
    const ends = [this.lastEnds, notice];
    this.lastEnds = {
      contractEndDate: latest(ends.map(({ contractEndDate }) => contractEndDate)),
      contractMaxEndDate: latest(ends.map(({ contractMaxEndDate }) => contractMaxEndDate)),
    };
  }

  private cancel(notice: ToldNotice): void {
    const lots = cancelledLotsOf(notice);
    if (!notice.tags.includes("planningCancellation")) {
      this.calls.take(lots, "cancelled", notice);
      this.ledger.cancel(notice, lots);
    }
    this.calls.endPlans("cancelled");
    this.cancelled = true;
  }

  /** What had been decided before a notice that may be a later version of a call. */
  private before(): Before {
    const { made, ended } = this.ledger.counts;
    const isMarket = this.said.contractMechanism === "dps";
    const awarded = made + ended > 0 || this.contracted || this.terminated;
    return { isMarket, end: awarded && !isMarket ? "awarded" : this.cancelled ? "cancelled" : undefined };
  }

  /** The first row that fits. */
  private stateAt(at: Date): ProcessState {
    const { made, ended, pending, cancelled } = this.ledger.counts;
    if (this.calls.openAt(at)) return "open";
    if (made > 0 || (this.contracted && ended === 0 && !this.terminated)) {
      const { contractEndDate, contractMaxEndDate } = this.ends();
      const end = latest([contractEndDate, contractMaxEndDate]);
      return end !== undefined && Number(end) + ENDED_AFTER_MS <= Number(at) ? "ended" : "awarded";
    }
    if (ended > 0 || this.terminated) return "ended";
    if (pending > 0) return "intended";
    const planned = this.calls.plans.some(({ end }) => end === undefined);
    const { all: calls } = this.calls;
    const last = calls.at(-1);
    if (last) {
      if (calls.every(({ end }) => end === "cancelled")) return planned ? "planned" : "cancelled";
      return last.isMarket && last.end === "complete" ? "ended" : "closed";
    }
    if (planned) return "planned";
    return this.cancelled || cancelled > 0 || this.calls.plans.length > 0 ? "cancelled" : "closed";
  }

  private ends(): Pick<Said, "contractEndDate" | "contractMaxEndDate"> {
    return this.ledger.counts.made > 1 ? this.lastEnds : this.said;
  }

  private noteChanges(before: Said & { state: ProcessState }, at: Date): void {
    const after = { state: this.stateAt(at), ...this.said };
    if (before.state !== after.state)
      this.changes.push({ at, field: "state", from: before.state, to: after.state });
    if (before.deadlineDate?.getTime() !== after.deadlineDate?.getTime())
      this.changes.push({
        ...{ at, field: "deadlineDate" },
        ...filled({ from: before.deadlineDate, to: after.deadlineDate }),
      });
    if (before.valueMax !== after.valueMax)
      this.changes.push({
        ...{ at, field: "valueMax" },
        ...filled({ from: before.valueMax, to: after.valueMax }),
      });
    if (this.changes.length > CHANGES_MAX) this.changes = this.changes.slice(-CHANGES_MAX);
  }

  asOf(now: Date): Procurement {
    const notices = this.standings(now);
    const first = this.notices[0];
    const last = this.notices.at(-1);
    if (!first || !last) throw new RangeError("a procurement has at least one notice");
    const buyer = this.notices.find(({ notice }) => notice.buyerId !== undefined)?.notice.buyerId;
    const state = this.finalState(now, notices);
    const awards = this.ledger.awards.filter(({ fate }) => fate === undefined || fate === "ended");
    const process: FoldedProcess = {
      source: first.notice.source,
      ocid: first.notice.ocid,
      state,
      ...stillSaid({ ...this.said, ...this.ends() }),
      ...filled({
        buyerId: buyer,
        jointBuyerIds: this.jointBuyers(buyer),
        awards: awards.length > 0 ? awards.map(awardOf) : undefined,
        awardValue: sumOnce(awards),
        changes: this.changes.length > 0 ? this.changes : undefined,
      }),
      notices: this.notices.map(({ notice }) => ({
        noticeId: notice.noticeId,
        ...filled({ type: notice.noticeType ?? notice.tags[0] }),
        publishedDate: publishedAt(notice),
      })),
      noticeId: this.toOpen(state, notices),
      firstPublishedDate: publishedAt(first.notice),
      publishedDate: publishedAt(last.notice),
    };
    return { buyerId: buyer, process, notices };
  }

  /** What is open is what some notice is OPEN for. */
  private finalState(now: Date, notices: ReadonlyMap<string, Standing>): ProcessState {
    const open = this.calls.all.some((call) => notices.get(call.notice.noticeId)?.status === "OPEN");
    return open ? "open" : this.stateAt(now);
  }

  private jointBuyers(buyer: ToldNotice["buyerId"]): ToldNotice["jointBuyerIds"] {
    const key = String(buyer);
    const named = this.notices.findLast(({ notice }) => notice.jointBuyerIds !== undefined)?.notice;
    const all = named ? [named.buyerId, ...(named.jointBuyerIds ?? [])] : [];
    const others = all.filter((id) => id !== undefined && String(id) !== key);
    return others.length > 0 ? others.filter((id) => id !== undefined) : undefined;
  }

  /** Of each notice, as things stand. */
  private standings(now: Date): Map<string, Standing> {
    const standings = new Map<string, Standing>();
    const tellers = new Map<string, LiveAward[]>();
    for (const award of this.ledger.awards) {
      const { noticeId } = award.notice;
      const told = tellers.get(noticeId);
      if (told) told.push(award);
      else tellers.set(noticeId, [award]);
    }
    for (const { notice, role } of this.notices) {
      const { noticeId } = notice;
      const standing: Standing = { status: role === "cancellation" ? "CANCELLED" : "CLOSED" };
      if (role === "award")
        Object.assign(standing, this.awardStanding(noticeId, tellers.get(noticeId) ?? []));
      const replaced = this.calls.superseded.get(noticeId);
      if (replaced !== undefined) standing.supersededBy = replaced;
      standings.set(noticeId, standing);
    }
    resolveChains(standings);
    for (const call of this.calls.all) {
      const status = isOpen(call, now) ? "OPEN" : call.end === "cancelled" ? "CANCELLED" : "CLOSED";
      standings.set(call.notice.noticeId, openOr(status, call.until));
    }
    for (const plan of this.calls.plans) {
      const status = isOpenForTalks(plan, now) ? "OPEN" : plan.end === "cancelled" ? "CANCELLED" : "CLOSED";
      standings.set(plan.notice.noticeId, openOr(status, plan.until));
    }
    return standings;
  }

  private awardStanding(noticeId: string, awards: LiveAward[]): Standing {
    const { current, supersededBy } = this.ledger.standing(noticeId);
    if (supersededBy !== undefined) return { status: "CLOSED", supersededBy };
    if (awards.some(({ fate }) => fate === undefined || fate === "ended")) return { status: "AWARDED" };
    const nothing = current > 0 && awards.every(({ fate }) => fate === "cancelled");
    return { status: nothing ? "CANCELLED" : "CLOSED" };
  }

  /** The notice that says most of what stands. */
  private toOpen(state: ProcessState, notices: ReadonlyMap<string, Standing>): string {
    const newest = (
      wanted: (one: { notice: ToldNotice; role: Role; standing: Standing | undefined }) => boolean,
    ) =>
      this.notices.findLast(({ notice, role }) =>
        wanted({ notice, role, standing: notices.get(notice.noticeId) }),
      )?.notice.noticeId;
    const standing = newest(({ role, standing }) => {
      if (standing?.supersededBy !== undefined) return false;
      if (state === "open") return (role === "call" || role === "correction") && standing?.status === "OPEN";
      if (state === "planned") return role === "plan";
      if (state === "intended") return role === "award";
      if (state === "cancelled") return standing?.status === "CANCELLED";
      if (state === "closed") return role === "call";
      return standing?.status === "AWARDED";
    });
    return (
      standing ??
      newest(({ standing }) => standing?.supersededBy === undefined) ??
      this.notices[0]?.notice.noticeId ??
      ""
    );
  }
}

/** A notice that was replaced twice names the one that stands. From the newest on, so that each is followed once. */
function resolveChains(standings: Map<string, Standing>): void {
  for (const [, standing] of [...standings].reverse()) {
    const next = standing.supersededBy === undefined ? undefined : standings.get(standing.supersededBy);
    if (next?.supersededBy !== undefined) standing.supersededBy = next.supersededBy;
  }
}

function openOr(status: Standing["status"], until: Date | undefined): Standing {
  return status === "OPEN" && until !== undefined ? { status, openUntil: until } : { status };
}

function awardOf({ id, notice, date, value, currency, suppliers }: LiveAward): ProcessAward {
  return {
    id,
    noticeId: notice.noticeId,
    ...filled({ date, value, currency, suppliers: suppliers.length > 0 ? [...suppliers] : undefined }),
  };
}

/** In the currency of the first; a framework's ceiling once, however many notices say it of their firms. */
function sumOnce(awards: readonly LiveAward[]): number | undefined {
  let sum: number | undefined;
  let currency: string | undefined;
  const ceilings = new Set<string>();
  for (const award of awards) {
    if (award.value === undefined || (sum !== undefined && award.currency !== currency)) continue;
    const ceiling = `${award.lots?.toSorted().join()} ${award.value}`;
    if (award.notice.contractMechanism === "framework" && ceilings.has(ceiling)) continue;
    ceilings.add(ceiling);
    currency ??= award.currency;
    sum = (sum ?? 0) + award.value;
  }
  return sum === undefined ? undefined : toPence(sum);
}
