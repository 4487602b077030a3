// Recorded releases again and again, each time as notices of their own: as many as a measurement wants.
import { createHash } from "node:crypto";
import { z } from "zod";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { recordedReleases } from "./corpus.ts";

const named = z.looseObject({ ocid: z.string(), id: z.string(), date: z.string() });
const DAY_MS = 86_400_000;
const PAGE = 100;

/** Pages of both sources in turn, newest first; ids, processes and dates are new in every round, as long as the old ones. */
export async function* repeatedPages(
  count: number,
  sources: readonly Source[] = SOURCES,
): AsyncGenerator<{ source: Source; releases: unknown[] }> {
  const recorded = await Promise.all(
    sources.map(async (source) => ({ source, all: await recordedReleases(source) })),
  );
  let left = count;
  for (let round = 0; left > 0; round++) {
    for (const { source, all } of recorded) {
      for (let at = 0; at < all.length && left > 0; at += PAGE) {
        const page = all.slice(at, at + Math.min(PAGE, left));
        left -= page.length;
        yield { source, releases: page.map((release, row) => again(release, round, at + row)) };
      }
    }
  }
}

function again(release: unknown, round: number, at: number): unknown {
  const { ocid, id, date, ...rest } = named.parse(release);
  const hex = createHash("sha256").update(`${ocid} ${round}`).digest("hex");
  const other = (text: string, from: string) => {
    let used = 0;
    return text.replaceAll(/[\da-f]/g, () => from[used++ % from.length] ?? "0");
  };
  const [, prefix = "", process = ocid] = /^(ocds-[a-z\d]{6}-)(.*)$/.exec(ocid) ?? [];
  const number = String(999_999 - ((round * 2000 + at) % 900_000)).padStart(6, "0");
  const renamed = /^\d{6}-\d{4}$/.test(id)
    ? `${number}${id.slice(6)}`
    : id.startsWith("ocds-")
      ? `${id.slice(0, -6)}${number}`
      : id.replace(/^[\da-f-]{36}/, (guid) =>
          other(guid, createHash("sha256").update(`${id} ${round}`).digest("hex")),
        );
  return {
    ...rest,
    ocid: prefix + other(process, hex),
    id: renamed,
    date: new Date(Date.parse(date) - round * DAY_MS).toISOString(),
  };
}
