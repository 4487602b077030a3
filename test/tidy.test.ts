// Reads the code: imports follow the arrows, effects come in from outside, and every file is somebody's.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { MUTANTS } from "./sim/mutant-list.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

// What each folder of src may import besides itself. Stages never import each other: run/ hands each what the one before
// returned.
const STAGES = ["plan", "claim", "fetch", "map", "store", "forecast", "report"];
const BELOW_RUN = [...STAGES, "config", "sources", "platform", "terms"];
const ARROWS: Record<string, string[]> = {
  terms: [],
  platform: ["terms"],
  config: ["terms", "sources"],
  sources: ["terms", "platform", "map"], // a folder each; the one list is index.ts
  plan: ["terms", "platform"],
  claim: ["terms", "platform"],
  fetch: ["terms", "platform"],
  map: ["terms"],
  store: ["terms", "platform"],
  report: ["terms", "platform"],
  forecast: ["terms"],
  questions: ["terms"],
  watch: ["terms", "platform", "questions"],
  pages: ["report", "questions", "platform", "terms"],
  run: [...BELOW_RUN, "watch"],
  upkeep: [...BELOW_RUN, "run"], // what operators do: prints nothing, never bundled
  local: ["terms"],
  replica: ["terms"], // never fetch, map or sources: the two must be able to disagree
  sim: [...BELOW_RUN, "run", "replica"], // for tests and bench
  cli: [...BELOW_RUN, "run", "upkeep", "questions", "watch", "local", "replica"],
  "worker.ts": [...BELOW_RUN, "run", "pages"],
  "records.ts": ["map", "store", "terms"], // what an application imports
};

/** Who writes a collection; the rooms below run/ that a source's own reader uses are its own business. */
const WRITERS: Record<string, string[]> = {
  syncWindows: ["plan", "claim"],
  syncJobs: ["run"],
  contracts: ["store"],
  processes: ["store"],
  buyers: ["store"],
  quarantine: ["store", "sources"], // a reader of its own keeps what it cannot read
  noticeGaps: ["store"],
  assumptions: ["run"],
  syncRuns: ["report"],
  alerts: ["report"],
  watches: ["watch"],
  digests: ["watch"],
  rateLimits: ["fetch"],
};

/** Long because they are lists, read from top to bottom. */
const TABLES = new Set(["src/terms/documents.ts", "src/questions/bidding.ts"]);

interface SourceFile {
  path: string;
  /** `plan` of src/plan/difference.ts; `worker.ts`. */
  folder: string;
  text: string;
  imports: string[];
}

function filesOf(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => join(folder, path))
    .map((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      const targets = [...text.matchAll(/(?:from|import|new URL)\s*\(?\s*"(\.\.?\/[^"]+\.tsx?)"/g)];
      const imports = targets.map(([, target]) => normalize(join(dirname(path), target ?? "")));
      return { path, folder: path.split("/")[1] ?? "", text, imports };
    });
}

const source = filesOf("src");
const others = [...filesOf("test"), ...filesOf("bench")];

describe("src", () => {
  it("imports only along the arrows of the folders", () => {
    const wrong = source.flatMap(({ path, folder, imports }) =>
      imports.flatMap((target) => {
        const to = target.split("/")[1] ?? "";
        if (!target.startsWith("src/")) return [`${path} imports ${target}, which is no source`];
        if (to === folder || ARROWS[folder]?.includes(to)) return [];
        const allowed = ARROWS[folder]?.join(", ") || "nothing";
        return [`${path} imports ${target}: ${folder}/ may import ${allowed}. Let run/ hand it over.`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it("takes clock, timers, chance and network from platform/, and prints through the logger", () => {
    const FREE = ["platform", "cli", "upkeep", "local", "replica"]; // all but the first run on somebody's machine
    const globals =
      /\bDate\.now\(|\bnew Date\(\)|\bset(?:Timeout|Interval)\(|\bMath\.random\(|(?<![.\w])fetch\(|\bconsole\./;
    const wrong = source.flatMap(({ path, folder, text }) =>
      text.split("\n").flatMap((line, at) => {
        // The script of the page is a text here, and runs in a browser.
        const elsewhere = FREE.includes(folder) || path === "src/pages/assets.ts";
        const method = /^\s*(?:async )?fetch\(\w+, \w+\) \{/.test(line); // the Worker's own door
        if (elsewhere || method || /^\s*(?:\/\/|\*|\/\*)/.test(line) || !globals.test(line)) return [];
        return [`${path}:${at + 1} ${line.trim()}: take it from Effects (src/platform/effects.ts)`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it("prints nothing in upkeep/: what it found is returned, and cli/ prints it", () => {
    const prints = source.filter(({ folder, text }) => folder === "upkeep" && text.includes("console."));
    expect(prints.map(({ path }) => path)).toEqual([]);
  });

  it("names a source only in its folder: everything else takes what src/sources/index.ts lists", () => {
    const names = /FIND_A_TENDER|CONTRACTS_FINDER|\bFAT_|\bCF_|Find a Tender|Contracts Finder/;
    const APART = ["sources", "replica", "sim", "records.ts"];
    const wrong = source
      .filter(({ folder, path }) => !APART.includes(folder) && !path.startsWith("src/cli/demo"))
      .flatMap(({ path, text }) =>
        text
          .split("\n")
          .flatMap((line, index) => (names.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
      );
    expect(wrong).toEqual([]);
  });

  it("has no circle of files, types included", () => {
    const targets = new Map(source.map(({ path, imports }) => [path, imports]));
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (path: string, trail: readonly string[]) => {
      const begun = trail.indexOf(path);
      if (begun >= 0) circles.push([...trail.slice(begun), path].join(" → "));
      if (begun >= 0 || done.has(path)) return;
      for (const target of targets.get(path) ?? []) walk(target, [...trail, path]);
      done.add(path);
    };
    for (const { path } of source) walk(path, []);
    expect(circles).toEqual([]);
  });

  it("has no file of more than 300 lines", () => {
    const long = source.map(({ path, text }) => [path, text.split("\n").length - 1] as const);
    expect(long.filter(([path, lines]) => lines > 300 && !TABLES.has(path))).toEqual([]);
  });

  it("writes each collection in its own room", () => {
    const WRITE =
      /\b(\w+)\.(?:updateOne|updateMany|insertOne|insertMany|bulkWrite|deleteOne|deleteMany|replaceOne|findOneAndUpdate|findOneAndDelete)\(/g;
    const wrong = source
      .filter(({ folder }) => !["sim", "replica", "local"].includes(folder))
      .flatMap(({ path, folder, text }) =>
        [...text.matchAll(WRITE)].flatMap(([, collection = ""]) =>
          WRITERS[collection]?.includes(folder) === false ? [`${path} writes ${collection}`] : [],
        ),
      );
    expect(wrong).toEqual([]);
  });

  it("exports no value that no other file names", () => {
    const words = new Map(
      [...source, ...others].map(({ path, text }) => [path, new Set(text.match(/\w+/g))]),
    );
    const unused = source.flatMap(({ path, text }) =>
      [...text.matchAll(/^export (?:async )?(?:const|let|function\*?|class) (\w+)/gm)].flatMap(
        ([, name = ""]) =>
          [...words].some(([other, known]) => other !== path && known.has(name)) ? [] : [`${path}: ${name}`],
      ),
    );
    expect(unused).toEqual([]);
  });

  it("keeps what it says is pure free of effects, clocks and the database", () => {
    const pure = source.filter(({ text }) => /\bPure\b/.test(text.slice(0, text.indexOf("\nimport "))));
    const EFFECT = /^import (?!type )[^;]*from "[./]+(?:platform)\/|\beffects\b|\bDatabase\b|\bawait\b/m;
    expect(pure.length).toBeGreaterThan(15);
    expect(pure.filter(({ text }) => EFFECT.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it("imports date-fns a file at a time: node takes 0.7 s of CPU for the whole of it, in every command and test", () => {
    const whole = source.filter(({ text }) => /from "(date-fns|@date-fns\/tz)"/.test(text));
    expect(whole.map(({ path }) => path)).toEqual([]);
  });

  it("has no file that nobody imports", () => {
    const known = new Set([...source, ...others].flatMap(({ imports }) => imports));
    const manifest = ["package.json", "tsconfig.package.json", "wrangler.toml"].map((name) =>
      readFileSync(join(ROOT, name), "utf8"),
    );
    const orphans = source
      .map(({ path }) => path)
      .filter((path) => !known.has(path) && !manifest.some((text) => text.includes(path)));
    expect(orphans).toEqual([]);
  });

  it("has tests that import no other test", () => {
    const tests = new Set(others.map(({ path }) => path).filter((path) => path.endsWith(".test.ts")));
    expect([...source, ...others].flatMap(({ imports }) => imports).filter((one) => tests.has(one))).toEqual(
      [],
    );
  });
});

it("each mutant has its place in the source, once", () => {
  const places = MUTANTS.map(({ name, file, find }) => [
    name,
    readFileSync(join(ROOT, file), "utf8").split(find).length - 1,
  ]);
  expect(places.filter(([, times]) => times !== 1)).toEqual([]);
});

it("package.json names no command whose file is missing", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const named = Object.values<string>(scripts).flatMap((line) => line.match(/\b[\w/.-]+\.ts\b/g) ?? []);
  const files = new Set([...source, ...others].map(({ path }) => path));
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((path) => !files.has(path))).toEqual([]);
});
