// A question that people ask of the database, as one definition: the documentation, the command line and the page all take it
// from here. Pure: `pipelineOf` gives what MongoDB is asked, and nothing else is needed to ask it.
import type { Document } from "mongodb";
import { z } from "zod";
import type { SearchMode } from "../terms/search.ts";

/** How a column's values are written for people. */
export type ColumnKind = "text" | "list" | "number" | "money" | "day" | "instant" | "link";

export interface Column {
  /** Field of the row. */
  field: string;
  title: string;
  kind: ColumnKind;
}

/** A notice's number, which is an address only with its source: rows that have the one have the other. */
const NOTICE_FIELD = "noticeId";

export type Asker = "bid team" | "analyst" | "operator";

export interface Question {
  /** On the command line and in addresses: `closing-soon`. */
  name: string;
  title: string;
  asker: Asker;
  /** What has to be known to read the answer. */
  about: string;
  /** Each has a default, or an example in its metadata; texts are read as they come from an address or a command line. */
  parameters: z.ZodObject;
  /** What docs/queries.md asks it with, where that is not its parameters' own example. */
  example?: Readonly<Record<string, string>>;
  collection: string;
  /** The index that serves it; null where it reads all of a collection. */
  index: string | null;
  columns: readonly Column[];
  /** What it costs where that depends on the settings; null where there is nothing to say. */
  note?: (asking: Asking) => string | null;
  /** @param typed what `parameters` reads */
  pipeline: (typed: Readonly<Record<string, string>>, asking: Asking) => Document[];
}

export interface Asking {
  now: Date;
  /** Ids of all sources: an index by source and date is of use only where they are named. */
  sources: string[];
  /** SEARCH_INDEX; `off` where it is not said. */
  search?: SearchMode;
}

/** A question with its parameters' types, as the files beside this write it. */
interface Definition<P extends z.ZodObject> extends Omit<Question, "parameters" | "pipeline"> {
  parameters: P;
  pipeline: (read: z.infer<P>, asking: Asking) => Document[];
}

export function question<P extends z.ZodObject>(definition: Definition<P>): Question {
  const { parameters, pipeline } = definition;
  return { ...definition, pipeline: (typed, asking) => pipeline(parameters.parse(typed), asking) };
}

export type Asked =
  | { kind: "asked"; pipeline: Document[] }
  | { kind: "refused"; problems: { parameter: string; message: string }[] };

const TWIN_COLUMNS: readonly Column[] = [
  { field: "twin", title: "Likely the same", kind: "text" },
  { field: "twinLikelihood", title: "How sure", kind: "number" },
];

/** A row is a procurement, which may have a twin on the other site. */
export const mayShowTwins = ({ collection, columns }: Question): boolean =>
  collection === "processes" && columns.some(({ field }) => field === "ocid" || field === NOTICE_FIELD);

/** Off every answer unless it is asked for: two records of one procurement stay two rows. */
const TWIN_STAGES: Document[] = [
  {
    $lookup: {
      from: "processes",
      localField: "twins.processId",
      foreignField: "_id",
      pipeline: [{ $project: { _id: 0, ocid: 1 } }],
      as: "twin",
    },
  },
  { $set: { twin: { $first: "$twin.ocid" }, twinLikelihood: { $first: "$twins.likelihood" } } },
];

/** The question with twins among its columns, where it may show them. */
export function withTwins(one: Question): Question {
  if (!mayShowTwins(one)) return one;
  return {
    ...one,
    columns: [...one.columns, ...TWIN_COLUMNS],
    pipeline: (typed, asking) => [...one.pipeline(typed, asking), ...TWIN_STAGES],
  };
}

/** The pipeline for what somebody typed; only the columns come back. */
export function ask(one: Question, typed: Readonly<Record<string, string>>, asking: Asking): Asked {
  const known = Object.keys(one.parameters.shape);
  const unknown = Object.keys(typed).filter((name) => !known.includes(name));
  const read = one.parameters.safeParse(typed);
  const problems = [
    ...unknown.map((parameter) => ({
      parameter,
      message: `is not a parameter of ${one.name}: ${known.length > 0 ? `it has ${known.join(", ")}` : "it has none"}`,
    })),
    ...(read.error?.issues ?? []).map(({ path, message }) => ({ parameter: path.join("."), message })),
  ];
  if (!read.success || problems.length > 0) return { kind: "refused", problems };
  const linked = one.columns.some(({ kind, field }) => kind === "link" && field === NOTICE_FIELD);
  const names = [...one.columns.map(({ field }) => field), ...(linked ? ["source"] : [])];
  const fields = Object.fromEntries(names.map((name) => [name, 1]));
  return { kind: "asked", pipeline: [...one.pipeline(typed, asking), { $project: { _id: 0, ...fields } }] };
}

/** The values with which docs/queries.md asks it. */
export function exampleOf(one: Question): Record<string, string> {
  const examples = Object.entries(one.parameters.shape).flatMap(([name, schema]) => {
    const example = z.globalRegistry.get(schema)?.["example"];
    return typeof example === "string" ? [[name, example]] : [];
  });
  return { ...Object.fromEntries(examples), ...one.example };
}
