// What councils say in their meetings, months before they publish a notice.
import { z } from "zod";
import { days, daysFrom, limit, needed, within } from "./parameters.ts";
import { question } from "./question.ts";

const SAID_CHARACTERS = 80; // on each side of what was found

export const minutes = [
  question({
    name: "minutes",
    title: "What did councils minute about a subject?",
    asker: "bid team",
    about:
      "Where BOARD_MINUTES is on. Reads the text of all minutes: a text index would take more room than the documents.",
    parameters: z.object({
      text: needed("words that stand in the minutes", "solar"),
      since: days(730, "Meetings of the last"),
      limit,
    }),
    collection: "boarddocuments",
    index: null,
    columns: [
      { field: "dataSourceName", title: "Council", kind: "text" },
      { field: "committeeName", title: "Committee", kind: "text" },
      { field: "meetingDate", title: "Meeting", kind: "day" },
      { field: "said", title: "Said", kind: "text" },
      { field: "sourceUrl", title: "Minutes", kind: "link" },
    ],
    pipeline: (read, { now }) => [
      {
        $match: {
          documentType: "minutes",
          meetingDate: { $gte: daysFrom(now, -read.since) },
          textContent: within(read.text),
        },
      },
      { $sort: { meetingDate: -1, sourceUrl: 1 } },
      { $limit: read.limit },
      { $set: { said: { $regexFind: { input: "$textContent", regex: around(read.text) } } } },
      { $set: { said: "$said.match" } },
    ],
  }),
];

/** The words with what stands beside them on their line. */
function around(typed: string): RegExp {
  const beside = `[^\\n]{0,${SAID_CHARACTERS}}`;
  return new RegExp(`${beside}${within(typed).source}${beside}`, "i");
}
