// ARCHITECTURE.md leads to the right places: each step names files that hold its example, at most four of them, and every
// room of src has its row.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { MUTANTS } from "./sim/mutant-list.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");

const RECIPES = text
  .split(/^### /m)
  .slice(1)
  .map((part) => {
    const [, title = "", example = ""] = /^(.*) \(example: `([^`]+)`\)/.exec(part) ?? [];
    const files = [...part.matchAll(/^\d\. `([^`]+)`/gm)].map(([, file = ""]) => file);
    return { title, example, files };
  });

describe("to add", () => {
  it("has the four recipes", () => {
    expect(RECIPES.map(({ title }) => title)).toEqual([
      "A field of `contracts`",
      "A setting",
      "A fault of the replica",
      "A source",
    ]);
  });

  it.each(RECIPES)("$title takes at most four files, and $example stands in each", ({ example, files }) => {
    expect(files.length).toBeGreaterThan(1);
    expect(files.length).toBeLessThanOrEqual(4);
    const camel = example.toLowerCase().replaceAll(/[_-](.)/g, (_, letter: string) => letter.toUpperCase());
    const without = files.filter((file) => {
      const content = readFileSync(join(ROOT, file), "utf8");
      return ![example, camel].some((name) => content.toLowerCase().includes(name.toLowerCase()));
    });
    // A list of sources names their folders, a page of facts the site.
    expect(without.filter((file) => !/sources\/index|api-facts/.test(file))).toEqual([]);
  });
});

it("every room has its row", () => {
  const rooms = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((one) => one.isDirectory());
  expect(
    rooms.map(({ name }) => name).filter((name) => !new RegExp(`\\| \`${name}/\` *\\|`).test(text)),
  ).toEqual([]);
});

it("docs/completeness.md names mutants and tests that there are", () => {
  const [, table = ""] =
    /## What checks each promise\n([\s\S]*?)\n## /.exec(
      readFileSync(join(ROOT, "docs/completeness.md"), "utf8"),
    ) ?? [];
  const rows = table.split("\n").filter((line) => /^\| \d/.test(line));
  expect(rows).toHaveLength(9);
  const mutants = new Set(MUTANTS.map(({ name }) => name));
  const named = rows.flatMap((row) =>
    [...(row.split("|")[3] ?? "").matchAll(/`([^`]+)`/g)].map(([, one]) => one),
  );
  expect(named.filter((one) => !mutants.has(one ?? ""))).toEqual([]);
  const tests = rows.flatMap((row) => row.match(/test\/[\w/.-]+\.ts/g) ?? []);
  expect(tests.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

describe("docs/promises.md", () => {
  const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
  const plain = (one: string) => one.replaceAll(/\s+/g, " ");
  const rows = read("docs/promises.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim()));

  it.each(rows)("%s%s promises: %s", (_, where = "", promise = "", test = "", itsCase = "") => {
    expect(plain(read(where.replaceAll("`", "")))).toContain(promise);
    expect(read(test.replaceAll("`", ""))).toContain(itsCase);
  });
});
