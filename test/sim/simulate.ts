// One seed: the production code on a simulated clock, network and database, with overlapping invocations, kills at
// every await, lost answers, failovers, skewed clocks and the APIs' faults. Then calm, and the oracle.
import { type Document, MongoNetworkError } from "mongodb";
import { createReplica } from "../../src/replica/answer.ts";
import { ALL_FAULTS, type Fault } from "../../src/replica/faults.ts";
import { createHistory, type Published } from "../../src/replica/history.ts";
import { COUNTED_LIMIT, ESTIMATED_LIMIT, type LimitOptions } from "../../src/replica/limit.ts";
import { createRandom, pick } from "../../src/replica/random.ts";
import { SOURCES, type Source } from "../../src/replica/sources.ts";
import { createMemoryStore, documentsOf } from "../../src/sim/memory-store.ts";
import { createScheduler } from "../../src/sim/scheduler.ts";
import { createApplication } from "./application.ts";
import { createCheckers, Violation } from "./checkers.ts";
import { type Chaos, type Invocation, type Stage, start } from "./invocations.ts";
import { type Ended, nothingAsked, unsaid } from "./openly-said.ts";
import { createPoisons } from "./poisons.ts";

export interface Outcome {
  seed: number;
  violation: string | null;
  trace: string;
  events: number;
  /** How often each fault and each kind of kill was really met. */
  met: Record<string, number>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Exactly counted, as documented; estimated, as measured; and one estimate for both APIs. */
const LIMITS: readonly LimitOptions[] = [
  COUNTED_LIMIT,
  COUNTED_LIMIT,
  ESTIMATED_LIMIT,
  { ...ESTIMATED_LIMIT, shared: true },
];
/** Refusals that learning the pace of an estimate takes, with every pause that kills and outages bring. */
const REFUSED_WHILE_LEARNING = 20;
/** A zone taken for another: what is ahead goes by the database's clock, what is behind reads later. */
const CLOCKS_OFF_MS = 2 * 3_600_000;
const CLOCKS_DIFFER_MS = 20_000;
/** What another machine with other settings asks for; Find a Tender's lanes only where they hide nothing. */
const OTHER_SETTINGS: readonly Record<string, string>[] = [
  { CF_STAGES: "tender" },
  { CF_STAGES: "all" },
  { VERIFY_REQUESTS_PER_RUN: "0" },
  { PAGE_LIMIT: "7" },
];
/** What a cursor brought to an earlier run and not to this one is counted by its date: not where that is wrong, or unknown. */
const UNDATED: Fault[] = ["wrong-dates", "broken-release", "unclosed-quote"];
const CURSORS_LACK: Fault[] = ["cursor-drops", "missing-links"];
const REFUSALS: Fault[] = ["429", "429-without-header", "403-html"];

export async function simulate(seed: number): Promise<Outcome> {
  const random = createRandom(seed * 31 + 7);
  const met: Record<string, number> = {};
  const meet = (what: string) => {
    met[what] = (met[what] ?? 0) + 1;
  };
  const between = (least: number, most: number) => Math.floor(least + random() * (most - least + 1));
  const chance = (share: number) => random() < share;

  // T0 falls anywhere in the year, so months end and clocks change during some simulations.
  const startMs = Date.UTC(
    2026,
    between(0, 11),
    between(1, 28),
    between(0, 23),
    between(0, 59),
    between(0, 59),
  );
  const scheduler = createScheduler(startMs);
  const historyFrom = new Date(startMs - between(20, 70) * DAY_MS);
  const faults = ALL_FAULTS.filter(() => chance(0.4));
  const history = (source: Source): Published[] =>
    createHistory({
      ...{
        source,
        seed,
        faults,
        from: historyFrom,
        to: new Date(startMs + 60 * DAY_MS),
        notices: between(60, 260),
      },
      stories: chance(0.5) ? between(5, 30) : 0,
      bursts: chance(0.3) ? between(1, 2) : 0,
      crowds: chance(0.3) ? [{ at: new Date(startMs - between(1, 15) * DAY_MS), count: between(5, 60) }] : [],
    });
  const histories = {
    FIND_A_TENDER: history("FIND_A_TENDER"),
    CONTRACTS_FINDER: history("CONTRACTS_FINDER"),
  };
  const limit = pick(random, LIMITS);
  let replica = createReplica({
    seed,
    histories,
    faults,
    faultShare: random() * 0.12,
    limit,
    bodies: "light",
  });

  const store = createMemoryStore(() => new Date(scheduler.now()));
  let actor = 0;
  const running: Invocation[] = [];
  let violation: string | null = null;
  const violate = (message: string) => {
    violation ??= message;
    throw new Violation(message);
  };
  const distorting: Fault[] = [
    "wrong-dates",
    "late-rows",
    "very-late-rows",
    "broken-release",
    "unclosed-quote",
    "out-of-order",
    "duplicate-ids",
  ];
  const poisons = createPoisons({ seed, startMs, historyFrom, meet });
  const exactCounts = !poisons.taints && !faults.some((fault) => distorting.includes(fault));
  const lacking = faults.some((fault) => CURSORS_LACK.includes(fault));
  const countable = (source: Source) =>
    !poisons.taints &&
    !(lacking && (source === "CONTRACTS_FINDER" || faults.some((fault) => UNDATED.includes(fault))));
  const clocksOff = chance(0.1);
  const settingsDiffer = chance(0.2);
  const settings = faults.includes("stages-hide")
    ? OTHER_SETTINGS
    : [...OTHER_SETTINGS, { FAT_STAGES: "tender,award" }];
  const ends: Ended[] = [];
  const application = createApplication({ store, random: createRandom(seed * 13 + 5), violate });
  const checkers = createCheckers({
    ...{ store, application },
    replica,
    histories,
    actor: () => actor,
    isAlive: (id) => running.some((one) => one.id === id && !one.ended && !one.killed && !one.failed),
    isAlone: () => running.filter(({ ended, killed }) => !ended && !killed).length <= 1,
    violate,
    exactCounts,
    countable,
    ordered: !faults.includes("out-of-order"),
    clocksOff,
  });

  /** At any moment somebody may look. */
  function openlySaid(): void {
    const now = scheduler.now();
    const missing = (source: Source) => checkers.missing(source, now);
    const left = unsaid({ store, now, ended: ends, lasting: poisons.lasting, missing });
    if (left) violate(`openly said: ${left}`);
  }

  const chaos: Chaos = {
    on: true,
    downUntil: 0,
    killShare: chance(0.5) ? random() * 0.01 : 0,
    lossShare: chance(0.5) ? random() * 0.01 : 0,
    killNext: null,
  };
  const starts = [historyFrom, new Date(historyFrom.getTime() + between(3, 18) * DAY_MS)];
  const pageLimit = pick(random, [5, 10, 20, 50]);
  let ids = 0;
  const stage: Stage = {
    scheduler,
    random,
    store,
    replica: () => replica,
    poisons,
    chaos,
    vars: { PAGE_LIMIT: String(pageLimit), STORE_DETAILS: "lots,documents,contact" },
    meet,
    violate,
    acts: (id) => {
      actor = id;
    },
    ended: (failure, { seen }) => {
      if (failure === null) {
        if (seen) ends.push(seen);
        guarded(() => {
          checkers.invocationEnded();
          openlySaid();
        });
      } else if (!(failure instanceof MongoNetworkError))
        violation ??= `an invocation failed: ${failure instanceof Error ? failure.stack : failure}`;
    },
  };

  function otherSettings(): Record<string, string> {
    meet("an invocation with other settings");
    return pick(random, settings);
  }

  const clockOff = () => {
    if (!clocksOff || chance(0.5)) return between(-CLOCKS_DIFFER_MS, CLOCKS_DIFFER_MS);
    meet("a clock that is hours off");
    return between(-CLOCKS_OFF_MS, CLOCKS_OFF_MS);
  };

  function tick(options: { start: Date; budgetSeconds: number }): void {
    const { start: from, budgetSeconds } = options;
    const invocation: Invocation = {
      id: ++ids,
      startedAt: scheduler.now(),
      skewMs: chaos.on ? clockOff() : 0,
      seen: { startedAt: scheduler.now(), struck: new Map(), answered: nothingAsked() },
      ...(chaos.on && settingsDiffer && chance(0.4) ? { vars: otherSettings() } : {}),
      budgetMs: budgetSeconds * 1000,
      ended: false,
      killed: false,
      failed: false,
      events: 0,
    };
    running.push(invocation);
    start(stage, invocation, from);
    // The application writes whenever it likes: between two pages, and within one.
    for (const after of application.turns())
      scheduler.after(after, "the application writes", () => application.write());
  }

  function guarded(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
    }
  }

  async function hours(count: number, options: { start: Date; overlaps: boolean }): Promise<void> {
    for (let hour = 0; hour < count && violation === null; hour++) {
      const budgetSeconds = options.overlaps ? pick(random, [60, 200, 780]) : 780;
      for (
        let overlapping = options.overlaps ? between(1, chance(0.2) ? 4 : 1) : 1;
        overlapping > 0;
        overlapping--
      ) {
        tick({ start: options.start, budgetSeconds });
        await scheduler.advance(scheduler.now() + between(0, 30_000));
      }
      await scheduler.advance(scheduler.now() + HOUR_MS);
    }
  }

  try {
    const points = [
      "syncWindows.updateOne, after",
      "contracts.bulkWrite, after",
      "buyers.aggregate, before",
      "fetch, after",
      "syncWindows.findOneAndUpdate, after",
      "syncJobs.updateOne, after",
    ];
    for (let phase = 0; phase < 5 && violation === null; phase++) {
      if (chance(0.6)) chaos.killNext = { point: pick(random, points), left: between(1, 12) };
      if (chance(0.2)) chaos.downUntil = scheduler.now() + between(10, 4000) * 1000;
      const start = phase > 1 && chance(0.3) ? (starts[1] ?? historyFrom) : historyFrom;
      if (start !== historyFrom) meet("start moved");
      await hours(between(1, 4), { start, overlaps: true });
      if (chance(0.25)) {
        meet("outage of days");
        await scheduler.advance(scheduler.now() + between(1, 9) * DAY_MS);
        guarded(openlySaid);
      }
    }
    chaos.on = false;
    chaos.downUntil = 0;
    poisons.heal();
    const calm = faults.filter((fault) => fault !== "out-of-order");
    const stats = SOURCES.map((source) => replica.stats()[source]);
    for (const { faults: struck } of stats)
      for (const [fault, times] of Object.entries(struck)) met[fault] = (met[fault] ?? 0) + times;
    const asked = stats.reduce((sum, one) => sum + one.asked, 0);
    const refused = stats.reduce((sum, one) => sum + one.refused, 0);
    const learning = limit.kind === "estimated" ? REFUSED_WHILE_LEARNING : 2;
    meet(limit.kind === "estimated" ? "estimated limit" : "counted limit");
    // 8: all invocations together keep the limit, where the API does not refuse out of turn.
    if (!faults.some((fault) => REFUSALS.includes(fault)) && refused > Math.max(learning, asked / 50)) {
      violation ??= `invariant 8: ${refused} of ${asked} requests were refused`;
    }
    replica = createReplica({ seed, histories, faults: calm, faultShare: 0, limit, bodies: "light" });
    // A month that ends meanwhile is proved when its last rows have had time to appear.
    let waits = false;
    for (let round = 0; (round < 40 || (waits && round < 64)) && violation === null; round++) {
      await hours(4, { start: historyFrom, overlaps: false });
      const windows = [...documentsOf(store, "syncWindows").values()];
      const jobs = [...documentsOf(store, "syncJobs").values()];
      const settled = ({ status, proof }: Document) =>
        status === "cancelled" || (status === "done" && proof === "exact");
      const isFresh = (drained: Date | null) => Number(drained) > scheduler.now() - 3 * DAY_MS;
      waits = windows.some(
        (one) => !settled(one) && (one["unproven"].length === 0 || isFresh(one["doneAt"])),
      );
      if (windows.every(settled) && jobs.every(({ deltaWalk }) => deltaWalk === null)) break;
    }
    guarded(() => checkers.atTheEnd(scheduler.now()));
  } catch (error) {
    violation ??= error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  return { seed, violation, trace: scheduler.traceHash(), events: scheduler.events(), met };
}
