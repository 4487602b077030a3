// `npm run bench`: what each way of reading these APIs costs and what it loses, side by side on the same histories; how
// much of the rate limit is used; what a page, an invocation and a growing database take of the machine.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { startMongod } from "../src/local/mongod.ts";
import { ALL_FAULTS } from "../src/replica/faults.ts";
import { type Grown, growth, SIZES } from "./growth.ts";
import { benchHistories, SEED } from "./histories.ts";
import { type Machine, machine } from "./machine.ts";
import { runProject } from "./project.ts";
import {
  CRONS,
  type Proved,
  provedBy,
  type SideBySide,
  sideBySide,
  type Week,
  week,
} from "./side-by-side.ts";
import { bundle } from "./workerd.ts";

const USAGE = `npm run bench -- [--short] [--ways] [--exact] [--faults] [--machine] [--json] [--keep FILE]
  --short    a fiftieth of the notices in eight months, up to 20,000 contracts: shows that it runs
  --exact    only this project, hourly, until all is exact; --faults: with every fault on and invocations killed
  --ways     only the ways side by side and the week at the limit
  --machine  only what it takes of this machine
  --json     one JSON document instead of tables, for comparing two versions
  --keep F   writes the same document to the file F besides`;

const { values: flags } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    exact: { type: "boolean", default: false },
    faults: { type: "boolean", default: false },
    ways: { type: "boolean", default: false },
    machine: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    keep: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

interface Result {
  version: 2;
  seed: number;
  share: number;
  sideBySide?: SideBySide;
  untilExact?: Proved[];
  week?: Week[];
  machine?: Machine;
  growth?: Grown[];
}

const SHORT_SHARE = 0.02;
const SHORT_SIZES = [5000, 20_000];
/** At PAGE_LIMIT 25 so much of the histories lasts for more than a week. */
const WEEK_SHARE = 0.55;
const WEEK_HOURS = 168;

/** One invocation in so many is killed, at any moment of it. */
const KILL_SHARE = 0.1;

const say = (line: string) => console.error(line);

async function main(): Promise<void> {
  const both = !flags.exact && !flags.faults && flags.ways === flags.machine;
  const { short } = flags;
  const share = short ? SHORT_SHARE : 1;
  const result: Result = { version: 2, seed: SEED, share };
  if (both || flags.ways) {
    result.sideBySide = await sideBySide(benchHistories({ share, short }), say);
    say("a week at the limit …");
    const thinner = benchHistories({ share: share * WEEK_SHARE, short });
    result.week = await week(thinner, Math.ceil(WEEK_HOURS * share));
  }
  if (flags.exact || flags.faults) {
    const faults = flags.faults ? [...ALL_FAULTS] : [];
    const name = flags.faults ? "every fault on, invocations killed" : "hourly";
    say(`this project, ${name} …`);
    const options = { histories: benchHistories({ share, short, faults }), everySeconds: CRONS.hourly, say };
    const troubles = flags.faults ? { troubles: { faults, killShare: KILL_SHARE } } : {};
    result.untilExact = provedBy(name, await runProject({ ...options, ...troubles }));
  }
  if (both || flags.machine) {
    const mongo = await startMongod({ ownServer: true });
    try {
      result.machine = await machine({ mongoUri: mongo.uri, short, say });
      const { script } = await bundle("bench/worker.ts");
      const sizes = short ? SHORT_SIZES : SIZES;
      result.growth = await growth({ mongoUri: mongo.uri, script, sizes, say });
    } finally {
      await mongo.stop();
    }
  }
  if (flags.keep !== undefined) {
    await mkdir(dirname(flags.keep), { recursive: true });
    await writeFile(flags.keep, `${JSON.stringify(result, null, 2)}\n`);
  }
  if (flags.json) console.log(JSON.stringify(result));
  else print(result);
}

function print({ sideBySide: ways, untilExact, week: used, machine: side, growth: grown }: Result): void {
  if (ways) printWays(ways);
  if (untilExact) printProved(untilExact);
  if (used) {
    printTable(
      ["a week at 12 requests in 120 s", "invocations", "allowed", "asked", "used", "refused"],
      used.map((one) => [
        ...[one.source, one.invocations, one.allowed, one.asked],
        ...[`${(one.usedShare * 100).toFixed(1)} %`, one.refused],
      ]),
    );
  }
  if (side) printMachine(side);
  if (grown) printGrowth(grown);
}

function printProved(proved: Proved[]): void {
  printTable(
    [
      ...["drained and exact", "releases", "missing", "drained", "exact", "in all, per 1,000"],
      ...["other requests", "hours drained", "hours exact", "times"],
    ],
    proved.map((one) => [
      ...[`${one.source} ${one.run}`, one.releases, one.missing],
      ...[one.drained1000, one.verified1000, one.inAll1000, one.otherRequests],
      ...[one.drainedHours, one.exactHours, one.times],
    ]),
  );
}

function printWays({ releases, proved, ways, pace }: SideBySide): void {
  printProved(proved);
  printTable(
    [
      ...["releases", "way", "requests per 1,000", "missing", "fetched twice"],
      "hours to the last 30 days, last year, all: hourly",
      "quarter-hourly",
    ],
    ways.map(({ source, way, per1000, missing, fetchedTwice, hours: { hourly, quarterHourly } }) => [
      ...[
        `${source} ${releases[source]}`,
        way,
        per1000.toFixed(1),
        missing,
        fetchedTwice ?? "all, on purpose",
      ],
      ...[hourly, quarterHourly].map((one) =>
        [one.last30Days, one.lastYear, one.all].map((hours) => hours.toFixed(1)).join(", "),
      ),
    ]),
  );
  printTable(
    ["quarter-hourly against hourly", "drained sooner", "verified sooner"],
    pace.map(({ source, drainedTimes, verifiedTimes }) => [
      ...[source, `${drainedTimes} times`, `${verifiedTimes} times`],
    ]),
  );
}

function printMachine({ cpu, wire, commandsPerRequest, memory, startUp }: Machine): void {
  printTable(
    ["CPU of a page, ms", "pages", "KB", "JSON.parse", "handed to the driver", "times", "stored", "times"],
    cpu.map((one) => [
      ...[one.source, one.pages, one.kilobytes, one.parseMs],
      ...[one.handedOverMs, one.handedOverTimesParse, one.storedMs, one.storedTimesParse],
    ]),
  );
  printTable(
    ["storing a page", "commands", "KB to MongoDB", "times one bulkWrite", "KB back"],
    wire.map((one) => [...[one.source, one.commands, one.kilobytesOut, one.timesBulkWrite, one.kilobytesIn]]),
  );
  printTable(
    ["of the Worker", ""],
    [
      ["commands for each request, slots, checkpoints and claims included", commandsPerRequest],
      [`held over ${memory.requests} requests, MB`, `${memory.heldBeforeMb} to ${memory.heldMostMb}`],
      ["with what is not collected yet, MB", memory.heapMostMb],
      ["growth of the process, MB", memory.residentGrowthMb],
      ["bundle, KB (gzipped)", `${startUp.bundleKilobytes} (${startUp.gzippedKilobytes})`],
      ["CPU to the first answer, ms", startUp.startMs],
    ],
  );
}

function printGrowth(grown: Grown[]): void {
  const rows: [string, (one: Grown) => number][] = [
    ["claim", ({ claimMs }) => claimMs],
    ["plan of both sources", ({ planMs }) => planMs],
    ["/", ({ pageMs }) => pageMs],
    ["/status.json", ({ statusJsonMs }) => statusJsonMs],
    ["a page's store", ({ storeMs }) => storeMs],
    ["baseline: one bulkWrite of the same", ({ bulkWriteMs }) => bulkWriteMs],
  ];
  const [first, last] = [grown[0], grown.at(-1)];
  printTable(
    [
      "median ms with so many contracts",
      ...grown.map(({ contracts }) => contracts.toLocaleString("en")),
      ...["times bulkWrite", "growth"],
    ],
    rows.map(([name, of]) => [
      name,
      ...grown.map(of),
      last ? (of(last) / last.bulkWriteMs).toFixed(1) : "",
      first && last ? `${(of(last) / of(first)).toFixed(2)} times` : "",
    ]),
  );
}

function printTable(head: string[], rows: (string | number | undefined)[][]): void {
  const table = new Table({ head, wordWrap: true, style: { head: [], border: [] } });
  for (const row of rows) table.push(row.map((cell) => String(cell ?? "")));
  console.log(table.toString());
}

if (flags.help) console.log(USAGE);
else await main();
