// The kinds of settings, each with the sentence that says what is allowed. An environment variable is always a text.
import { z } from "zod";
import { fromLondon, isLondonTime } from "./london-time.ts";
import { ALL_STAGES } from "./window.ts";

export interface NumberRange {
  min: number;
  max: number;
  whole: boolean;
  /** Why not beyond. */
  why?: string;
}

export const number = ({ preset, ...range }: NumberRange & { preset: string }) =>
  z.string().default(preset).pipe(numberIn(range));

/** Without a default. */
export const numberIn = (range: NumberRange) =>
  z
    .string()
    .transform((text) => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN))
    .refine(
      (value) => value >= range.min && value <= range.max && (!range.whole || Number.isInteger(value)),
      `allowed are ${range.whole ? "whole numbers" : "numbers"} from ${range.min} to ${range.max}${range.why ? `: ${range.why}` : ""}`,
    );

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T, preset: T[number]) =>
  z.enum(values, { error: `allowed are ${values.join(", ")}` }).default(preset);

/** A day of the calendar, as the first instant that it has in London. */
export const day = z
  .string()
  .refine((text) => isLondonTime(`${text}T00:00:00`), "allowed is a day of the calendar like 2024-03-01")
  .transform((text) => dayOf(text) ?? new Date(Number.NaN));

export function dayOf(text: string): Date | null {
  const midnight = `${text}T00:00:00`;
  return isLondonTime(midnight) ? fromLondon(midnight) : null;
}

/** Where nobody listens on the way. */
export const isThisMachine = (hostname: string) =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname) || hostname.endsWith(".localhost");

/** Addresses where clouds keep their machines' own secrets. */
export const isLinkLocal = (hostname: string) => /^(169\.254\.|\[fe80:|\[fd00:ec2:)/i.test(hostname);

export const origin = (preset: string) =>
  z
    .string()
    .default(preset)
    .refine((text) => {
      if (!URL.canParse(text)) return false;
      const { protocol, hostname, pathname, search, username, password } = new URL(text);
      if (pathname !== "/" || search !== "" || username !== "" || password !== "") return false;
      return protocol === "https:" || (protocol === "http:" && isThisMachine(hostname));
    }, `allowed is an origin like ${preset}; http only on this machine`)
    .transform((text) => (URL.canParse(text) ? new URL(text).origin : text));

/** Null: `off`. */
export const originOrOff = (example: string) =>
  z.union([z.literal("off").transform(() => null), origin(example)], {
    error: `allowed is off, or an origin like ${example}; http only on this machine`,
  });

/** A `stages` lane per entry; `all` stands alone, because it already asks for everything. */
export const stages = (preset: string, allowed: readonly string[]) =>
  z
    .string()
    .default(preset)
    .transform((text) => text.split(",").map((stage) => stage.trim()))
    .refine(
      (list) =>
        list.every((stage) => stage === ALL_STAGES || allowed.includes(stage)) &&
        new Set(list).size === list.length &&
        (list.length === 1 || !list.includes(ALL_STAGES)),
      `allowed is ${ALL_STAGES}, or a list of different ones of ${allowed.join(", ")}`,
    );
