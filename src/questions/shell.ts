// A pipeline as one types it into mongosh: keys bare, patterns as patterns, instants counted from `now`.
import { millisecondsInDay as DAY_MS } from "date-fns/constants";

const WIDTH = 110;
const bare = /^[A-Za-z_$][\w$]*$/;

export function shellText(value: unknown, now: Date, indent = ""): string {
  const inner = `${indent}  `;
  if (value instanceof Date) return instant(value, now);
  if (value instanceof RegExp) return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{ ", " }"];
  const items = Array.isArray(value)
    ? value.map((one) => (deeper: string) => shellText(one, now, deeper))
    : Object.entries(value).map(
        ([key, one]) =>
          (deeper: string) =>
            `${bare.test(key) ? key : JSON.stringify(key)}: ${shellText(one, now, deeper)}`,
      );
  if (items.length === 0) return `${open}${close}`.replaceAll(" ", "");
  const line = `${open}${items.map((item) => item("")).join(", ")}${close}`;
  if (line.length + indent.length <= WIDTH && !line.includes("\n")) return line;
  const lines = items.map((item) => `${inner}${item(inner)},\n`).join("");
  return `${open.trim()}\n${lines}${indent}${close.trim()}`;
}

function instant(date: Date, now: Date): string {
  const days = (date.getTime() - now.getTime()) / DAY_MS;
  if (days === 0) return "now";
  return Number.isInteger(days) ? `days(${days})` : `new Date(+now - ${now.getTime() - date.getTime()})`;
}
