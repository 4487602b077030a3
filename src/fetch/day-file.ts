// A witness's file of one day, read as it comes: outside the API's pace, one at a time, and never whole in memory. What is
// not a list proves nothing and costs nothing.
import { parse } from "csv-parse";
import { z } from "zod";
import { type Effects, TransportError } from "../platform/effects.ts";
import { instantOf, type LondonTime, toLondon } from "../terms/london-time.ts";
import { releaseKey } from "../terms/release.ts";
import type { Witness } from "../terms/source.ts";

/** A release as the file has it. */
export interface Listed {
  key: string;
  ocid: string;
  releaseId: string;
  /** Null where its date cannot be read. */
  at: LondonTime | null;
}

export type DayFile =
  | { kind: "list"; rows: Listed[] }
  /** There is none of this day. */
  | { kind: "none" }
  /** It did not come, or is not such a list. */
  | { kind: "trouble"; why: string };

const REQUEST_TIMEOUT_MS = 30_000;
/** The largest known has 1.6 MB (docs/api-facts.md). */
const FILE_BYTES_MAX = 32_000_000;
const RECORD_BYTES_MAX = 2_000_000;
const ROWS_MAX = 20_000;

export async function readDayFile(options: {
  effects: Pick<Effects, "get">;
  witness: Witness;
  origin: string;
  day: string;
}): Promise<DayFile> {
  const { effects, witness, origin, day } = options;
  const list = createList(witness);
  try {
    const { status, body, cutAt } = await effects.get(`${origin}${witness.path(day)}`, {
      timeoutMs: REQUEST_TIMEOUT_MS,
      headers: { Accept: "text/csv" },
      bytesMax: FILE_BYTES_MAX,
      take: list.add,
    });
    if (status === 403 || status === 404) return { kind: "none" };
    if (status !== 200) return { kind: "trouble", why: `status ${status}` };
    if (cutAt !== undefined) return { kind: "trouble", why: `it has more than ${cutAt} bytes` };
    if (body.length > 0) await list.add(body);
    return await list.end();
  } catch (error) {
    if (error instanceof TransportError) return { kind: "trouble", why: error.message };
    throw error;
  } finally {
    list.close();
  }
}

const recordSchema = z.object({ ocid: z.string(), releaseId: z.string(), date: z.string() });

/** The columns stand in another order every day, cells may be padded, and all but three are left out unread. */
function createList({ columns }: Witness) {
  const names = new Map(Object.entries(columns).map(([field, column]) => [column, field]));
  const rows: Listed[] = [];
  let wrong: string | null = null;
  const parser = parse({
    bom: true,
    skip_empty_lines: true,
    max_record_size: RECORD_BYTES_MAX,
    columns: (header: string[]) => header.map((name) => names.get(name.trim()) ?? false),
  });
  const closed = new Promise<void>((resolve) => parser.once("close", () => resolve()));
  parser.on("error", (error) => {
    wrong ??= error.message;
  });
  parser.on("data", (record: unknown) => {
    const row = listedOf(record);
    if (!row) wrong ??= `a row has no ${columns.ocid} or no ${columns.releaseId}`;
    else if (rows.push(row) > ROWS_MAX) wrong ??= `it has more than ${ROWS_MAX} rows`;
  });
  return {
    add: async (piece: Uint8Array) => {
      if (wrong === null && !parser.destroyed)
        await new Promise<void>((resolve) => {
          parser.write(piece, () => resolve());
        });
    },
    end: async (): Promise<DayFile> => {
      parser.end();
      await closed;
      return wrong === null ? { kind: "list", rows } : { kind: "trouble", why: wrong };
    },
    close: () => parser.destroy(),
  };
}

function listedOf(record: unknown): Listed | null {
  const read = recordSchema.safeParse(record);
  if (!read.success) return null;
  const [ocid, releaseId] = [read.data.ocid.trim(), read.data.releaseId.trim()];
  if (ocid === "" || releaseId === "") return null;
  const instant = instantOf(read.data.date.trim());
  return { key: releaseKey(ocid, releaseId), ocid, releaseId, at: instant && toLondon(instant) };
}
