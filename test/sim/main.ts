// `npm run simulate -- --seeds 1000 [--from N] [--seed N] [--only NAME]`: seeds side by side, a violation with the command that
// replays it, and how often each fault and each kill was really met.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { type Outcome, simulate } from "./simulate.ts";

const shareSchema = z.object({ first: z.number(), step: z.number(), last: z.number() });

async function share(): Promise<void> {
  const { first, step, last } = shareSchema.parse(workerData);
  for (let seed = first; seed <= last; seed += step) parentPort?.postMessage(await simulate(seed));
}

const number = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("expected a whole number");
  return Number(text);
};

async function main(): Promise<void> {
  const program = new Command("simulate")
    .description("The production code on a simulated clock, network and database, seed by seed.")
    .option("--seeds <number>", "how many seeds", number, 100)
    .option("--from <number>", "the first of them", number, 1)
    .option("--seed <number>", "this one alone, twice: the same seed gives the same trace", number)
    .option("--bail", "end at the first violation")
    .option("--only <name>", "show only what was met that carries this name")
    .parse();
  const { seeds, from, seed, only, bail } = program.opts<{
    seeds: number;
    from: number;
    seed?: number;
    only?: string;
    bail?: true;
  }>();
  const begun = Date.now();
  const outcomes =
    seed === undefined
      ? await all({ from, seeds, bail: bail === true })
      : [await simulate(seed), await simulate(seed)];
  const violations = outcomes.filter(({ violation }) => violation !== null);
  for (const one of violations.slice(0, 20)) {
    console.log(`seed ${one.seed}: ${one.violation}\n  again: npm run simulate -- --seed ${one.seed}`);
  }
  const met = new Map<string, number>();
  for (const outcome of outcomes)
    for (const [what, times] of Object.entries(outcome.met)) met.set(what, (met.get(what) ?? 0) + times);
  for (const [what, times] of [...met].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (only === undefined || what.includes(only)) console.log(`${String(times).padStart(8)}  ${what}`);
  }
  const [one, other] = outcomes;
  const replayed = seed !== undefined ? `, traces ${one?.trace} and ${other?.trace}` : "";
  const events = outcomes.reduce((sum, outcome) => sum + outcome.events, 0);
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  console.log(
    `${outcomes.length} runs, ${events} events, ${violations.length} violations, ${seconds} s${replayed}`,
  );
  const differs = seed !== undefined && one?.trace !== other?.trace;
  process.exit(violations.length > 0 || differs ? 1 : 0);
}

function all({ from, seeds, bail }: { from: number; seeds: number; bail: boolean }): Promise<Outcome[]> {
  const workers = Math.max(1, Math.min(availableParallelism(), 8));
  const outcomes: Outcome[] = [];
  const shares = Array.from({ length: workers }, (_, at) => {
    const worker = new Worker(fileURLToPath(import.meta.url), {
      workerData: { first: from + at, step: workers, last: from + seeds - 1 },
    });
    worker.on("message", (outcome: Outcome) => {
      outcomes.push(outcome);
      if (!bail || outcome.violation === null) return;
      console.log(`seed ${outcome.seed}: ${outcome.violation}`);
      process.exit(1);
    });
    return new Promise<void>((resolve, reject) => {
      worker.once("error", reject);
      worker.once("exit", () => resolve());
    });
  });
  return Promise.all(shares).then(() => outcomes.sort((a, b) => a.seed - b.seed));
}

await (isMainThread ? main() : share());
