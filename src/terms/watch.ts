// A saved question: `watches` holds each with what was told of it last, `digests` who told it on which day.
import { z } from "zod";
import { objectIdSchema } from "./bson.ts";

/** A row of the last answer, by what a change of it would be. */
const seenSchema = z.strictObject({
  _id: objectIdSchema,
  state: z.string().optional(),
  deadlineDate: z.date().optional(),
  valueMax: z.number().optional(),
  /** Somebody was told that this deadline is near. */
  closing: z.literal(true).optional(),
});
export type Seen = z.infer<typeof seenSchema>;

export const watchSchema = z.strictObject({
  /** The name that somebody gave it. */
  _id: z.string(),
  /** A question's name, and what was typed for it. */
  question: z.string(),
  parameters: z.record(z.string(), z.string()),
  createdAt: z.date(),
  seenAt: z.date(),
  seen: z.array(seenSchema),
});
export type Watch = z.infer<typeof watchSchema>;

export const digestSchema = z.strictObject({
  _id: z.literal("daily"),
  /** Of London, `2026-11-25`; empty when the post of that day was refused. */
  day: z.string(),
  at: z.date(),
});
export type Digest = z.infer<typeof digestSchema>;
