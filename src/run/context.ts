// What every part of a run needs, and the one way to wait: it keeps the lease alive and never outlives the deadline.

import type { Config, SourceConfig } from "../config/config.ts";
import type { Api } from "../fetch/api.ts";
import type { Asker } from "../fetch/ask.ts";
import type { Database } from "../platform/database.ts";
import type { Effects } from "../platform/effects.ts";
import type { Logger } from "../platform/logger.ts";
import type { SyncRun } from "../terms/documents.ts";
import { noted } from "../terms/errors.ts";
import type { Source } from "../terms/window.ts";
import type { Room } from "./headroom.ts";

export type SourceReport = SyncRun["sources"][number] & { answers: number };

/** Into the run's report: as a text that begins with its kind. */
export function noteError(report: SourceReport, error: unknown): void {
  const { kind, message } = noted(error);
  report.errors.push(`${kind}: ${message}`);
  report.lastError = { kind, message };
}

export interface RunContext {
  db: Database;
  effects: Effects;
  config: Config;
  log: Logger;
  /** Soft end of the invocation: nothing begins after it. */
  deadline: Date;
  /** How much the database may still take. */
  room: Room;
  /** Neither delta nor drain, only proof. */
  verifyOnly: boolean;
}

export interface SourceContext extends RunContext {
  source: Source;
  settings: SourceConfig;
  api: Api;
  asker: Asker;
  report: SourceReport;
  /** Ids in quarantine: they leave it when they can be stored. */
  quarantined: Set<string>;
  /** The window that is held, if one is, and when its lease was renewed last. */
  keepAlive: { held: { renew: () => Promise<void>; renewedAt: Date } | null };
}

/** What it takes to store rows. */
export type StoreContext = Pick<
  SourceContext,
  "source" | "db" | "effects" | "config" | "room" | "quarantined" | "report"
>;

/** What it takes to read lanes, and no more: neither lease nor deadline is theirs. */
export type ReadContext = StoreContext & Pick<SourceContext, "api" | "asker" | "log">;

export function remainingMs({ deadline, effects }: RunContext): number {
  return deadline.getTime() - effects.now().getTime();
}

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
