// The handed cases beside the project: what recorded releases must become. Skipped where they are not there.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const CASES = fileURLToPath(new URL("../../../shared/cases", import.meta.url));
export const hasCases = existsSync(CASES);

const wantedSchema = z.record(z.string(), z.record(z.string(), z.unknown()));
const expectedSchema = z.object({
  why: z.string(),
  now: z.iso.datetime().optional(),
  contracts: wantedSchema.default({}),
  processes: wantedSchema.default({}),
});
export interface Case {
  name: string;
  now: Date;
  contracts: z.infer<typeof wantedSchema>;
  processes: z.infer<typeof wantedSchema>;
  releases: unknown[];
}

const SOME_DAY = "2026-11-25T16:00:00Z"; // for cases that do not depend on it

export function cases(): Case[] {
  if (!hasCases) return [];
  const read = (file: string) => JSON.parse(readFileSync(`${CASES}/${file}`, "utf8"));
  return readdirSync(CASES)
    .filter((file) => file.endsWith(".expected.json"))
    .map((file) => {
      const { now, contracts, processes } = expectedSchema.parse(read(file));
      const { releases } = z
        .object({ releases: z.array(z.unknown()) })
        .parse(read(file.replace(".expected", "")));
      const name = file.replace(".expected.json", "");
      return { name, now: new Date(now ?? SOME_DAY), contracts, processes, releases };
    });
}

const matcherSchema = z.union([
  z.strictObject({ not: z.array(z.unknown()) }),
  z.strictObject({ absent: z.literal(true) }),
  z.strictObject({ notContains: z.string() }),
]);

/** What differs from what is wanted, in words. */
export function differences(
  found: Record<string, unknown> | undefined,
  wanted: Record<string, unknown>,
): string[] {
  if (!found) return ["it is not there"];
  return Object.entries(wanted).flatMap(([name, want]) => {
    const [, list, field] = /^(\w+) has (\w+)$/.exec(name) ?? [];
    if (list !== undefined && field !== undefined) {
      const all = z.array(z.record(z.string(), z.unknown())).parse(found[list] ?? []);
      return all.some((one) => one[field] === want) ? [] : [`no ${list} has ${field} ${String(want)}`];
    }
    const is = plain(found[name]);
    return holds(is, want) ? [] : [`${name} is ${JSON.stringify(is)}, not ${JSON.stringify(want)}`];
  });
}

function holds(is: unknown, want: unknown): boolean {
  const matcher = matcherSchema.safeParse(want);
  if (!matcher.success)
    return typeof want === "number" && Array.isArray(is) ? is.length === want : same(is, want);
  const { data } = matcher;
  if ("not" in data) return is !== undefined && !data.not.some((one) => same(is, one));
  if ("absent" in data) return is === undefined;
  return typeof is === "string" && !is.includes(data.notContains);
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

function plain(value: unknown): unknown {
  return value instanceof Date ? value.toISOString().replace(".000Z", "Z") : value;
}
