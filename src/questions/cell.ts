// A value of an answer, as people read it. Times are London's, as the sites say them.
import type { Column } from "./question.ts";

const LONDON = "Europe/London";
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: LONDON });
const instant = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
  timeZone: LONDON,
});
const money = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });

/** One value as people read it; an absent one is empty. */
export function cellText(value: unknown, { kind }: Pick<Column, "kind">): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return (kind === "day" ? day : instant).format(value);
  if (Array.isArray(value)) return value.map((one) => cellText(one, { kind: "text" })).join("; ");
  if (typeof value === "number") return (kind === "money" ? money : number).format(value);
  return String(value).replaceAll(/\s+/g, " ").trim();
}
