// Recorded pages in place of made-up ones: every release of a folder, listed under its own date.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { instantOf } from "../terms/london-time.ts";
import type { Published } from "./published.ts";
import { hash } from "./random.ts";
import type { Source } from "./sources.ts";

interface RecordedRelease {
  ocid: string;
  id: string;
  date: string;
  tag?: string[];
}

/** @throws Error when the folder holds no release of either API */
export async function loadRecorded(folder: string): Promise<Record<Source, Published[]>> {
  const histories: Record<Source, Published[]> = { FIND_A_TENDER: [], CONTRACTS_FINDER: [] };
  const distinct = new Map<string, Published>();
  const files = await readdir(folder, { recursive: true }).catch(() => {
    throw new Error(
      `${folder} is not a folder that can be read. Expected is one with recorded pages, .json files of either site below it.`,
    );
  });
  for (const file of files.filter((name) => name.endsWith(".json")).sort()) {
    const document: unknown = JSON.parse(withoutPaddedNumbers(await readFile(join(folder, file), "utf8")));
    const inThisFile = new Set<string>();
    for (const release of releasesIn(document)) {
      const text = JSON.stringify(release);
      const known = distinct.get(text);
      // Two recordings may overlap; only what one page holds twice is listed twice.
      if (known && inThisFile.has(text)) known.plant = "duplicate-ids";
      inThisFile.add(text);
      if (known) continue;
      const source: Source = release.ocid.startsWith("ocds-h6vhtk") ? "FIND_A_TENDER" : "CONTRACTS_FINDER";
      const row = published(release, text);
      distinct.set(text, row);
      histories[source].push(row);
    }
  }
  if (histories.FIND_A_TENDER.length + histories.CONTRACTS_FINDER.length === 0) {
    throw new Error(
      `${folder}: no recorded release of Find a Tender or Contracts Finder in any .json below it`,
    );
  }
  return histories;
}

function withoutPaddedNumbers(text: string): string {
  return text.replace(/:\s*0{2,}(?=\s*[,}])/g, ":0");
}

function releasesIn(document: unknown): RecordedRelease[] {
  if (typeof document !== "object" || document === null) return [];
  if (Array.isArray(document)) return document.flatMap(releasesIn);
  if ("packages" in document) return releasesIn(document.packages);
  if ("package" in document) return releasesIn(document.package);
  return "releases" in document && Array.isArray(document.releases)
    ? document.releases.filter(isRelease)
    : [];
}

function isRelease(value: unknown): value is RecordedRelease {
  if (typeof value !== "object" || value === null) return false;
  const { ocid, id, date } = value as Record<string, unknown>;
  return (
    typeof ocid === "string" && typeof id === "string" && typeof date === "string" && instantOf(date) !== null
  );
}

function published(release: RecordedRelease, text: string): Published {
  const at = Math.floor((instantOf(release.date)?.getTime() ?? 0) / 1000) * 1000;
  const [tag = "tender"] = release.tag ?? [];
  const stages = ["planning", "tender", "award"] as const;
  const numbered = /^(\d+)-(\d{4})$/.exec(release.id);
  return {
    at,
    listedAt: at,
    date: at,
    ocid: release.ocid,
    releaseId: release.id,
    number: numbered
      ? Number(numbered[2]) * 1_000_000 + Number(numbered[1])
      : Number(/\d+$/.exec(release.id)?.[0] ?? 0),
    stage: stages.find((stage) => tag.startsWith(stage)) ?? "implementation",
    tags: release.tag ?? [],
    noticeType: /"scheme":"CELEX"/.test(text) ? null : "recorded",
    seed: hash(text),
    plant: null,
    recorded: release,
  };
}
