// What every part of a run needs, and the one way to wait: in pieces, so that a wait renews the lease and never
// outlives the deadline.

import type { Config, SourceConfig } from "../config/config.ts";
import type { Api } from "../fetch/api.ts";
import type { Asker } from "../fetch/ask.ts";
import type { Database } from "../platform/database.ts";
import type { Effects } from "../platform/effects.ts";
import type { Logger } from "../platform/logger.ts";
import type { SyncRun } from "../terms/documents.ts";
import type { Source } from "../terms/window.ts";
import type { Room } from "./room.ts";

export type SourceReport = SyncRun["sources"][number];

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
  /** Renews the lease of the window that is held, if one is. */
  keepAlive: { renew: (() => Promise<void>) | null };
}

export function remainingMs({ deadline, effects }: RunContext): number {
  return deadline.getTime() - effects.now().getTime();
}

/** Sleeps in pieces of a third of the lease and renews it between them. */
export async function waitAlive(
  options: { effects: Effects; leaseSeconds: number; keepAlive: SourceContext["keepAlive"] },
  ms: number,
): Promise<void> {
  const { effects, leaseSeconds, keepAlive } = options;
  const pieceMs = (leaseSeconds * 1000) / 3;
  const until = effects.now().getTime() + ms;
  for (let left = ms; left > 0; ) {
    await effects.sleep(Math.min(left, pieceMs));
    if (left <= pieceMs) return;
    await keepAlive.renew?.();
    left = until - effects.now().getTime(); // the renewal took its own time
  }
}
