// What is found by its words. By which index, if any, SEARCH_INDEX says.
import type { Document } from "mongodb";
import { z } from "zod";
import { SEARCH_INDEX_NAME } from "../terms/search.ts";
import { BUYER, DEADLINE, NOTICE, OCID, TITLE } from "./columns.ts";
import { cpv, cpvFilter, days, daysFrom, limit, needed, region, regionFilter, within } from "./parameters.ts";
import { type Asking, question } from "./question.ts";

const STATUSES = ["OPEN", "CLOSED", "AWARDED", "CANCELLED"] as const;
const PATHS = ["title", "description"];

const status = z
  .string()
  .trim()
  .toUpperCase()
  .pipe(z.enum(STATUSES, { error: `expected one of ${STATUSES.join(", ")}` }))
  .optional()
  .describe(`${STATUSES.join(", ")}; all unless given`);

export const words = [
  question({
    name: "mentions",
    title: "Which notices mention these words?",
    asker: "bid team",
    about:
      "All of the words, in the title or the description, in any case; of what stands, the newest first. `SEARCH_INDEX` says how they are found: `off` reads every notice of that time, `text` and `atlas` find other forms of a word too.",
    parameters: z.object({
      words: needed("words of a title or a description", "maintenance"),
      ...{ status, since: days(365, "Published within the last"), cpv, region, limit },
    }),
    collection: "contracts",
    index: "bySourceAndDate",
    columns: [
      ...[TITLE, BUYER],
      { field: "status", title: "Status", kind: "text" },
      { field: "publishedDate", title: "Published", kind: "day" },
      ...[DEADLINE, NOTICE, OCID],
    ],
    note: ({ search = "off" }) =>
      search === "off"
        ? "Without a search index this reads the title and the description of every notice of that time, about four seconds for 100,000. SEARCH_INDEX=text finds them at once, and takes about 560 bytes a notice (npm run plan says how much in all); a shorter --since helps too."
        : null,
    pipeline: (read, asking) => {
      const since = daysFrom(asking.now, -read.since);
      const { first, match } = found(read.words, since, asking);
      return [
        ...first,
        {
          $match: {
            ...match,
            source: { $in: asking.sources },
            publishedDate: { $gte: since },
            supersededBy: null,
            ...(read.status === undefined ? {} : { status: read.status }),
            ...cpvFilter(read.cpv),
            ...regionFilter(read.region),
          },
        },
        { $sort: { publishedDate: -1, noticeId: 1 } },
        { $limit: read.limit },
      ];
    },
  }),
];

/** The stage that finds them where Atlas does, and the part of a filter where MongoDB itself does. */
function found(
  typed: string,
  since: Date,
  { search = "off" }: Asking,
): { first: Document[]; match: Document } {
  const each = typed.split(/\s+/).filter((word) => word !== "");
  if (search === "text") {
    // Each word quoted: all of them are asked for, and none is taken for a minus or a phrase.
    const quoted = each.map((word) => `"${word.replaceAll(/["\\]/g, " ").trim()}"`);
    return { first: [], match: { $text: { $search: quoted.join(" ") } } };
  }
  if (search === "atlas") {
    const must = each.map((query) => ({ text: { query, path: PATHS } }));
    const filter = [{ range: { path: "publishedDate", gte: since } }];
    return { first: [{ $search: { index: SEARCH_INDEX_NAME, compound: { must, filter } } }], match: {} };
  }
  const anywhere = each.map((word) => ({ $or: PATHS.map((path) => ({ [path]: within(word) })) }));
  return { first: [], match: { $and: anywhere } };
}
