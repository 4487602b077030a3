// What every part of a run needs, and the one way to wait: it keeps the lease alive and never outlives the deadline.

import type { Config } from "../config/config.ts";
import type { Api } from "../fetch/api.ts";
import type { Asker } from "../fetch/ask.ts";
import type { SourceRules } from "../map/source-rules.ts";
import type { Database } from "../platform/database.ts";
import type { Effects } from "../platform/effects.ts";
import type { Logger } from "../platform/logger.ts";
import type { SyncRun } from "../terms/documents.ts";
import type { Witness } from "../terms/source.ts";
import type { Source } from "../terms/window.ts";
import type { TextCounts } from "./evidence.ts";
import type { Headroom } from "./headroom.ts";

export type SourceReport = SyncRun["sources"][number] & { answers: number };

export interface RunContext {
  db: Database;
  effects: Effects;
  config: Config;
  log: Logger;
  /** Soft end of the invocation: nothing begins after it. */
  deadline: Date;
  /** How much the database may still take. */
  headroom: Headroom;
  /** Neither delta nor drain, only proof. */
  verifyOnly: boolean;
}

/** What holding windows of a source needs, whatever reads them. */
export interface HolderContext extends RunContext {
  source: Source;
  report: SourceReport;
  /** The window that is held, if one is, and when its lease was renewed last. */
  keepAlive: { held: { renew: () => Promise<void>; renewedAt: Date } | null };
}

/** What reading releases by the walk needs. */
export interface SourceContext extends HolderContext {
  api: Api;
  /** How its releases are mapped. */
  rules: SourceRules;
  /** The lanes that the settings want. */
  stages: string[];
  asker: Asker;
  /** The list of each day that is kept outside the API; null where there is none. */
  witness: WitnessAccess | null;
  /** Ids in quarantine: they leave it when they can be stored. */
  quarantined: Set<string>;
  /** How much text the quarantine holds. */
  textCounts: TextCounts;
}

export interface WitnessAccess {
  witness: Witness;
  origin: string;
  /** Files that this run may still ask for. */
  left: number;
  /** Files in a row that did not come: then this run asks for no more. */
  troubles: number;
}

/** What it takes to store rows. */
export type StoreContext = Pick<
  SourceContext,
  "source" | "rules" | "db" | "effects" | "config" | "headroom" | "quarantined" | "textCounts" | "report"
>;

/** What it takes to read lanes, and no more: neither lease nor deadline is theirs. */
export type ReadContext = StoreContext & Pick<SourceContext, "api" | "asker" | "log">;

export function remainingMs({ deadline, effects }: RunContext): number {
  return deadline.getTime() - effects.now().getTime();
}

/** Waits for a source, counted in its report. */
export const waitFor =
  ({ effects, config, keepAlive, report }: HolderContext) =>
  async (ms: number) => {
    report.waitedMs += Math.max(0, ms);
    await waitAlive({ effects, leaseSeconds: config.leaseSeconds, keepAlive }, ms);
  };

/** Sleeps, and renews the lease whenever a third of it has passed: many short waits are as long as one long one. */
export async function waitAlive(
  options: { effects: Effects; leaseSeconds: number; keepAlive: SourceContext["keepAlive"] },
  ms: number,
): Promise<void> {
  const { effects, leaseSeconds, keepAlive } = options;
  const renewAfterMs = Math.ceil((leaseSeconds * 1000) / 3);
  const now = () => effects.now().getTime();
  const until = now() + Math.ceil(ms);
  for (let left = Math.ceil(ms); left > 0; ) {
    const { held } = keepAlive;
    const dueMs = held ? held.renewedAt.getTime() + renewAfterMs - now() : left;
    const pieceMs = Math.max(0, Math.min(left, dueMs));
    if (pieceMs > 0) await effects.sleep(pieceMs);
    if (dueMs < left) await held?.renew();
    left = Math.min(left - pieceMs, until - now()); // the renewal took its own time
  }
}
