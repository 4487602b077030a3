// The awards of one procurement, each once, however many notices tell it: intention (UK5), decision (UK6), signature (UK7) and
// their corrections are tellings of one award. Ids repeat, within a notice and between notices, so an award is known by its
// notice and id together, unless a later notice tells the same award again: `isSame`.
import type { AwardFate } from "../../terms/documents.ts";
import { awardsOf, isUpdate, rankOf, supplierKeys, type ToldAward } from "./notice.ts";
import type { ToldNotice } from "./told.ts";

export interface LiveAward extends ToldAward {
  notice: ToldNotice;
  rank: number;
  keys: readonly string[];
}

/** How a notice's awards stand. */
interface Telling {
  told: number;
  /** Told again by later notices. */
  retold: number;
  last: string | undefined;
}

const CANDIDATES_MAX = 8; // of one firm or one id: thousands of awards of a dynamic market must not be compared with each other

export class Ledger {
  readonly awards: LiveAward[] = [];
  readonly counts = { made: 0, pending: 0, cancelled: 0, ended: 0 };
  private readonly byKey = new Map<string, number[]>();
  private readonly tellings = new Map<string, Telling>();

  /** @returns the awards as this notice tells them */
  tell(notice: ToldNotice): ToldAward[] {
    const told = awardsOf(notice);
    const before = this.awards.length;
    for (const award of told) this.tellOne(notice, award, before);
    return told;
  }

  private tellOne(notice: ToldNotice, award: ToldAward, before: number): void {
    const keys = supplierKeys(award.suppliers);
    const live: LiveAward = { ...award, notice, rank: rankOf(notice), keys };
    this.telling(notice.noticeId).told++;
    const at = this.earlier(live, before);
    const known = at === undefined ? undefined : this.awards[at];
    const rest = known && restOf(known, live);
    if (at === undefined || !known || rest) {
      const own = known ? { ...toldAgain(known, live), keys } : live;
      if (at !== undefined && rest) this.awards[at] = rest;
      this.count(own.fate, 1);
      this.index(own, this.awards.push(own) - 1);
      return;
    }
    this.supersede(known.notice.noticeId, notice.noticeId);
    this.count(known.fate, -1);
    this.awards[at] = toldAgain(known, live);
    this.count(this.awards[at]?.fate, 1);
    this.index(live, at);
  }

  /** An edit under a new id tells all that the earlier notice told. */
  replaceAll(earlier: string, later: string): void {
    const kept = this.awards.filter(({ notice }) => notice.noticeId !== earlier);
    const telling = this.telling(earlier);
    telling.retold = telling.told;
    telling.last = later;
    for (const { notice, fate } of this.awards) if (notice.noticeId === earlier) this.count(fate, -1);
    this.awards.splice(0, this.awards.length, ...kept);
    this.byKey.clear();
    this.awards.forEach((award, at) => {
      this.index(award, at);
    });
  }

  /** UK12: what was decided and not signed comes to nothing. */
  cancel(notice: ToldNotice, lots: readonly string[] | null): void {
    const named = new Set((notice.told?.awards ?? []).map(({ id }) => id));
    const unsigned = this.awards.filter(
      ({ fate, rank }) => rank < 2 && (fate === undefined || fate === "pending"),
    );
    const meant = unsigned.filter((award) => named.has(award.id) && meet(award.lots, lots));
    for (const award of meant.length > 0 ? meant : unsigned.filter((award) => meet(award.lots, lots)))
      this.become(award, "cancelled");
  }

  /** UK11: of several awards of one id it ends the one of its title, else the newest. */
  terminate({ told, title }: ToldNotice): void {
    for (const { id } of told?.awards ?? [{ id: "1" }]) {
      const running = this.awards.filter((award) => award.fate === undefined);
      const named = running.filter((award) => award.id === id);
      const sameTitle = named.filter((award) => award.notice.title === title);
      const ended = sameTitle.at(-1) ?? named.at(-1) ?? (running.length === 1 ? running[0] : undefined);
      if (ended) this.become(ended, "ended");
    }
  }

  /** How many of a notice's awards it still tells itself, and who tells the others. */
  standing(noticeId: string): { current: number; supersededBy: string | undefined } {
    const { told, retold, last } = this.telling(noticeId);
    return { current: told - retold, supersededBy: told > 0 && retold >= told ? last : undefined };
  }

  private become(award: LiveAward, fate: AwardFate): void {
    this.count(award.fate, -1);
    award.fate = fate;
    this.count(fate, 1);
  }

  private count(fate: AwardFate | undefined, by: 1 | -1): void {
    this.counts[fate ?? "made"] += by;
  }

  private supersede(earlier: string, later: string): void {
    const telling = this.telling(earlier);
    telling.retold++;
    telling.last = later;
  }

  private telling(noticeId: string): Telling {
    const known = this.tellings.get(noticeId);
    if (known) return known;
    const telling: Telling = { told: 0, retold: 0, last: undefined };
    this.tellings.set(noticeId, telling);
    return telling;
  }

  private index({ id, keys }: LiveAward, at: number): void {
    for (const key of [`id ${id}`, ...keys.map((one) => `firm ${one}`)]) {
      const list = this.byKey.get(key);
      if (list) list.push(at);
      else this.byKey.set(key, [at]);
    }
  }

  /** The award, known before this notice, that it tells again: of several the one with its id and firm, then the newest. */
  private earlier(award: LiveAward, before: number): number | undefined {
    const keys = [...award.keys.map((one) => `firm ${one}`), `id ${award.id}`];
    const candidates = new Set(keys.flatMap((key) => (this.byKey.get(key) ?? []).slice(-CANDIDATES_MAX)));
    let best: number | undefined;
    let bestScore = -1;
    for (const at of [...candidates].sort((a, b) => b - a)) {
      const known = this.awards[at];
      if (!known || at >= before || known.notice === award.notice || !isSame(known, award)) continue;
      const score = (known.id === award.id ? 2 : 0) + (share(known, award) ? 1 : 0);
      if (score > bestScore) [best, bestScore] = [at, score];
    }
    return best;
  }
}

const share = (a: LiveAward, b: LiveAward) => a.keys.some((key) => b.keys.includes(key));
const unknown = (a: LiveAward, b: LiveAward) => a.keys.length === 0 || b.keys.length === 0;
const agree = <T>(a: T | undefined, b: T | undefined) => a === undefined || b === undefined || a === b;

function meet(a: readonly string[] | null, b: readonly string[] | null): boolean {
  return a === null || b === null || a.some((lot) => b.includes(lot));
}

/** Whether `later` tells `known` again. */
function isSame(known: LiveAward, later: LiveAward): boolean {
  if (known.fate === "cancelled" || !meet(known.lots, later.lots)) return false;
  const sameFirm = share(known, later);
  const update = isUpdate(later.notice);
  // Ids of the old regime and of CF hold their notice's; only a change of a contract tells an award again there.
  if (later.notice.noticeType === undefined) return update && sameFirm;
  if (known.notice.noticeType === undefined) return false;
  const sameId = known.id === later.id;
  if (known.fate === "pending" && sameId) return true;
  if (update && sameId) return true;
  if (later.rank !== known.rank) {
    if (sameId)
      return sameFirm || unknown(known, later) || (known.value !== undefined && known.value === later.value);
    return sameFirm && known.lots !== null && later.lots !== null;
  }
  const sameFacts = agree(known.value, later.value) && agree(known.date?.getTime(), later.date?.getTime());
  return sameId && sameFirm && sameFacts;
}

/** What stands of a framework's award to several firms when a later notice goes further for some of them: that of the others. */
function restOf(known: LiveAward, later: LiveAward): LiveAward | undefined {
  if (known.notice.contractMechanism !== "framework" || later.rank <= known.rank) return undefined;
  const others = known.suppliers.filter(
    (one) => !supplierKeys([one]).some((key) => later.keys.includes(key)),
  );
  const all = known.suppliers.length;
  const isPart = others.length > 0 && others.length + later.suppliers.length === all;
  // Its ceiling counts once: another amount may be told instead of it.
  if (!isPart || !agree(known.value, later.value)) return undefined;
  return { ...known, suppliers: others, keys: supplierKeys(others) };
}

/** What the later telling says stands; what it leaves out stands as said before, and what was made stays made. */
function toldAgain(known: LiveAward, later: LiveAward): LiveAward {
  const fate = later.fate === "pending" && known.fate !== "pending" ? known.fate : later.fate;
  return {
    ...later,
    fate,
    rank: Math.max(known.rank, later.rank),
    lots: later.lots ?? known.lots,
    date: later.date ?? known.date,
    ...(later.value === undefined
      ? { value: known.value, currency: known.currency }
      : { value: later.value, currency: later.currency }),
    suppliers: later.suppliers.length > 0 ? later.suppliers : known.suppliers,
    keys: [...new Set([...later.keys, ...known.keys])],
  };
}
