// What is proved, by what, and what is open: of a source's documents, for `sync proof`, the page and programs. Pure.
import {
  type Assumption,
  PROOF_BY,
  type SyncJob,
  type SyncWindow,
  type WitnessState,
} from "../terms/documents.ts";
import type { Facts } from "./facts.ts";
import { counted, moment, PROOF_WORDS } from "./words.ts";

export type ProvedWindow = Pick<
  SyncWindow,
  "site" | "from" | "to" | "status" | "proof" | "proofBy" | "unproven" | "verifiedAt"
>;

export interface ProofFacts {
  /** Oldest first, without those that are cancelled. */
  windows: readonly ProvedWindow[];
  job: Pick<SyncJob, "unproven" | "witness" | "quietSince"> | null;
  /** Numbers of a yearly sequence that never came, by what became of them. */
  gaps: Record<string, number>;
  assumptions: readonly Pick<Assumption, "name" | "holds" | "checkedAt">[];
}

export interface Standing {
  /** Stretches between two months that no month has. */
  holes: { from: Date; to: Date }[];
  months: { drained: number; open: number; suspect: number; exact: Record<string, number> };
  /** Slices that only a cursor could read, those of new notices included. */
  unproven: number;
  gaps: Record<string, number>;
  /** How far its daily list is believed; null where none has been asked for. */
  witness: WitnessState | null;
  /** What is taken for granted of its API, by what came of the last check. */
  assumptions: { hold: number; fail: string[]; unknown: number; checkedAt: Date | null };
  lastLookAt: Date | null;
  /** Nothing is open. */
  proved: boolean;
}

export function standingOf({ windows, job, gaps, assumptions }: ProofFacts): Standing {
  const fail = assumptions.filter(({ holds }) => holds === false).map(({ name }) => name);
  const exact: Record<string, number> = {};
  for (const { proof, proofBy } of windows)
    if (proof === "exact") exact[proofBy ?? "slices"] = (exact[proofBy ?? "slices"] ?? 0) + 1;
  const count = (holds: (window: ProvedWindow) => boolean) => windows.filter(holds).length;
  const looks = windows.flatMap(({ verifiedAt }) => (verifiedAt ? [verifiedAt] : []));
  const holes = windows.flatMap(({ site, from }, at) => {
    const before = windows[at - 1];
    return before && before.site === site && before.to < from ? [{ from: before.to, to: from }] : [];
  });
  const unproven =
    windows.reduce((sum, window) => sum + window.unproven.length, 0) + (job?.unproven?.length ?? 0);
  const drained = count(({ status }) => status === "done");
  const open = windows.length - count(({ status, proof }) => status === "done" && proof === "exact");
  return {
    holes,
    months: { drained, open, suspect: count(({ proof }) => proof === "suspect"), exact },
    unproven,
    gaps,
    witness: job?.witness ?? null,
    assumptions: {
      hold: assumptions.filter(({ holds }) => holds).length,
      fail,
      unknown: assumptions.filter(({ holds }) => holds === null).length,
      checkedAt: latest(assumptions.map(({ checkedAt }) => checkedAt)),
    },
    lastLookAt: latest(looks),
    proved:
      windows.length > 0 &&
      open === 0 &&
      holes.length === 0 &&
      unproven === 0 &&
      fail.length === 0 &&
      !Object.keys(gaps).some((outcome) => outcome.startsWith("absent")) &&
      !job?.quietSince,
  };
}

/** Of one source, from the facts of a status. */
export function standingIn(facts: Facts, source: string): Standing {
  const ofSource = <T extends { source: string }>(items: readonly T[]) =>
    items.filter((item) => item.source === source);
  return standingOf({
    windows: ofSource(facts.windows)
      .filter(({ status }) => status !== "cancelled")
      .sort((a, b) => a.from.getTime() - b.from.getTime()),
    job: ofSource(facts.jobs)[0] ?? null,
    gaps: facts.gaps.get(source) ?? {},
    assumptions: ofSource(facts.assumptions),
  });
}

const latest = (instants: readonly Date[]): Date | null =>
  instants.length === 0 ? null : new Date(Math.max(...instants.map((one) => one.getTime())));

/** `60 by numbers, 7 by slices` */
export const exactText = ({ months: { exact } }: Pick<Standing, "months">): string =>
  PROOF_BY.filter((by) => exact[by])
    .map((by) => `${exact[by]} by ${PROOF_WORDS[by]}`)
    .join(", ") || "none";

/** `3 absent; 120 never published, by slice` */
export const gapsText = (gaps: Standing["gaps"]): string =>
  Object.entries(gaps)
    .map(([name, numbers]) => `${numbers} ${name}`)
    .join("; ");

export function assumptionsText({ hold, fail, unknown, checkedAt }: Standing["assumptions"]): string {
  const failing = fail.length > 0 ? `, ${fail.join(", ")} FAILS` : "";
  const asked = checkedAt ? `, asked ${moment(checkedAt)}` : "";
  return `${hold} hold${failing}, ${unknown} not known${asked}`;
}

export function witnessText(state: WitnessState): string {
  const { trusted, agreed, lostBy, daysRead, daysWithout, lacked, invented, found } = state;
  const belief = trusted
    ? `believed, ${counted(agreed, "slice")} agreed`
    : lostBy
      ? `not believed: ${lostBy}`
      : "untried";
  return `${belief}; ${counted(daysRead, "day")} read, ${daysWithout} without a list; it lacked ${lacked}, invented ${invented}, found ${found}`;
}
