// The replica that demo and dev work against: a made-up history (or recorded pages), and the settings that point to it.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import { parseFaults } from "../replica/faults.ts";
import { createHistory } from "../replica/history.ts";
import { loadRecorded } from "../replica/recorded.ts";
import { type RunningReplica, startReplica } from "../replica/server.ts";
import type { Source } from "../replica/sources.ts";
import { toLondon } from "../terms/london-time.ts";

export interface HistorySettings {
  seed: number;
  notices: number;
  months: number;
  faults: string;
  recorded?: string | undefined;
  startedAt: string;
}

const STORY_ONE_IN = 40; // beside so many notices one procurement is told from its first to its last

function historyStart({ startedAt, months }: HistorySettings): Date {
  const first = new Date(startedAt);
  first.setUTCMonth(first.getUTCMonth() - months, 1);
  first.setUTCHours(12, 0, 0, 0);
  return first;
}

export async function replicaOf(settings: HistorySettings): Promise<RunningReplica> {
  const { seed, notices, recorded } = settings;
  const faults = recorded ? [] : parseFaults(settings.faults);
  // The history goes on for a day after the start: the delta finds new notices in a demo that is kept.
  const to = new Date(Date.parse(settings.startedAt) + DAY_MS);
  const from = historyStart(settings);
  const made = (source: Source) =>
    createHistory({
      source,
      seed,
      faults,
      from,
      to,
      notices: Math.ceil(notices / 2),
      stories: Math.ceil(notices / STORY_ONE_IN),
    });
  const histories = recorded
    ? await loadRecorded(recorded)
    : { FIND_A_TENDER: made("FIND_A_TENDER"), CONTRACTS_FINDER: made("CONTRACTS_FINDER") };
  // The real limit is 12 requests in 120 s; here everything runs a thousand times faster, refusals and waits included.
  const limit = { requests: 120, perSeconds: 1, retryAfterSeconds: 1 };
  return startReplica({ seed, faults, histories, limit, slowMs: 400 });
}

export function varsOf(settings: HistorySettings, { url, replica }: RunningReplica): Record<string, string> {
  const start = (source: Source) => {
    const earliest = replica.published(source, Date.now())[0]?.at ?? Date.now();
    const from = settings.recorded === undefined ? historyStart(settings) : new Date(earliest);
    return toLondon(from).slice(0, 10);
  };
  return {
    FAT_API_URL: url,
    CF_API_URL: url,
    CF_WITNESS_URL: url,
    FAT_BACKFILL_START_DATE: start("FIND_A_TENDER"),
    CF_BACKFILL_START_DATE: start("CONTRACTS_FINDER"),
    REQUESTS_PER_MINUTE: "6000",
    RUN_BUDGET_SECONDS: "15",
    LEASE_SECONDS: "5",
    COOLDOWN_SECONDS: "1",
    VERIFY_REQUESTS_PER_RUN: "200",
    VERIFY_AFTER_HOURS: "0",
  };
}
