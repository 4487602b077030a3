// Alarms about what came without an error and cannot be all: suspect months, quiet sources, notices that came late. Pure.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";
import type { Source } from "../terms/window.ts";
import type { FailedAssumption } from "./facts.ts";
import type { Alarm, SourceStatus, WindowSummary } from "./schema.ts";
import { counted, nameIn, windowName } from "./words.ts";

const NOTE_MS = 7 * DAY_MS; // what has happened stays on the page for a week

export type Suspected = { kind: string; detail: string } | null;

/** New notices: since when nothing has come, what the second pass found, and why it cannot be all. */
export interface DoubtfulNews {
  source: Source;
  quietSince?: Date | null;
  late?: { at: Date; found: number } | null;
  suspicion?: string | null;
}

export function suspected(
  sources: SourceStatus[],
  window: WindowSummary & { suspicion?: Suspected },
): Alarm[] {
  const { id, source, suspicion } = window;
  if (!suspicion) return [];
  return [
    {
      key: `suspect/${id}`,
      kind: "suspect",
      severity: "trouble",
      source,
      windowId: id,
      text: `${windowName(sources, window)}: what came cannot be all: ${suspicion.detail}.`,
      advice:
        "It is looked at again by itself, and is not proved until then. If the site's own search shows as little, nothing was published: move the start date.",
    },
  ];
}

/** What the delta alone would have missed. */
export function doubted(
  { now, sources }: { now: Date; sources: SourceStatus[] },
  { source, quietSince, late, suspicion }: DoubtfulNews,
): Alarm[] {
  const name = nameIn(sources, source);
  const base = { source, windowId: null };
  const alarms: Alarm[] = [];
  if (quietSince)
    alarms.push({
      ...base,
      key: `quiet/${source}`,
      kind: "quiet",
      severity: "trouble",
      text: `${name}: nothing new has come since ${quietSince.toISOString().slice(0, 16)}Z, though these were working hours.`,
      advice:
        "The last days are read once more every few hours. Look whether the site itself shows new notices.",
    });
  if (suspicion)
    alarms.push({
      ...base,
      key: `suspect/${source}`,
      kind: "suspect",
      severity: "trouble",
      text: `${name}, new notices: ${suspicion}.`,
      advice: "Nothing is deleted; the last days are read once more within a few hours.",
    });
  if (late && late.found > 0 && now.getTime() - late.at.getTime() < NOTE_MS)
    alarms.push({
      ...base,
      key: `late/${source}/${late.at.toISOString().slice(0, 10)}`,
      kind: "late",
      severity: "note",
      text: `${name}: the second pass found ${counted(late.found, "notice")} that new notices had lacked.`,
      advice: "They are stored now, and their months are looked at again.",
    });
  return alarms;
}

/** What this system took for granted of an API, and no longer can. */
export function broken(sources: SourceStatus[], failed: readonly FailedAssumption[]): Alarm[] {
  return failed.map(({ source, name, statement, consequence, bearsProof, detail }) => ({
    key: `assumption/${source}/${name}`,
    kind: "assumption",
    severity: "trouble",
    source,
    windowId: null,
    text: `${nameIn(sources, source)} has changed its habits: it no longer holds that ${statement} (${detail}). What cannot be believed now is ${consequence}.`,
    advice: `${bearsProof ? "No month becomes exact until it holds again. " : ""}It is asked again every six hours; \`npm run sync -- assumptions\` asks at once.`,
  }));
}
