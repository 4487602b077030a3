// `sync sites`: the sites of a source that is read site by site: which there are, what was found at each, and which are
// left alone.
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { createLogger } from "../../platform/logger.ts";
import { ensureCollections, ensureIndexes } from "../../platform/schema.ts";
import { workerEffects } from "../../platform/worker-effects.ts";
import { moment } from "../../report/words.ts";
import { SOURCES } from "../../sources/index.ts";
import type { SiteDescription, SiteOffice } from "../../sources/source.ts";
import { type Common, commandOf, type Opened, opened, refuse, refuseUnknown } from "../command.ts";
import { EXIT, newCommand } from "../exit.ts";
import { print } from "../print.ts";
import { readSettings } from "../settings.ts";

const list = commandOf("list", "Every site, its state, and what was found to work there.").action(
  (options: Common) =>
    withOffice(options, async (office, { db, say }) => {
      const sites = await office.list(db, new Date());
      say(sites, () => print(sites.length === 0 ? "There is no site yet." : sites.map(linesOf).join("\n")));
      return EXIT.fine;
    }),
);

interface Adding extends Common {
  name: string;
  council?: string[];
}

const add = commandOf("add", "A site more; it is probed when it is first read.")
  .argument("<address>", "the folder above mgWebService.asmx, like https://democracy.example.gov.uk")
  .requiredOption("--name <name>", "the council's name, as in its notices")
  .option(
    "--council <name=words...>",
    "one of several councils of the site, with the words that its own committees' titles hold; the first gets the rest",
  )
  .action((address: string, options: Adding) =>
    withOffice(options, async (office, { db, say }) => {
      const { name } = options;
      const parts = (options.council ?? []).map(partOf);
      const added = await office.add(db, { address, name, parts, now: new Date() });
      say(added, () => print(`${added.site} ${added.isNew ? "is new" : "was there already"}.`));
      return added.isNew ? EXIT.fine : EXIT.attention;
    }),
  );

const probe = commandOf(
  "probe",
  "Asks sites what works, and says for each what was found; all without a name.",
)
  .argument("[site]")
  .action((site: string | undefined, options: Common) =>
    withOffice(options, async (office, { db, say }) => {
      const known = await office.list(db, new Date());
      const wanted = known.filter((one) => (site ? one.site === site : one.state !== "off"));
      if (site && wanted.length === 0) return refuseSite(known, site);
      const found = await sideBySide(wanted, async (one) => {
        const wait = (ms: number) => sleep(ms);
        const probed = await office.probe(db, { site: one.site, effects: workerEffects, wait });
        const answer = probed ?? { ...one, trouble: "an invocation asks it now: try again later" };
        if (!options.json) print(lineOf(answer));
        return answer;
      });
      say(found, () => undefined);
      return found.every(({ state }) => state === "ok") ? EXIT.fine : EXIT.attention;
    }),
  );

const off = switching("off", "Leaves a site alone, and its months out of the plan, until it is on again.");
const on = switching("on", "Reads a site again that was off.");

function switching(word: "on" | "off", description: string): Command {
  return commandOf(word, description)
    .argument("<site>")
    .action((site: string, options: Common) =>
      withOffice(options, async (office, { db, say }) => {
        const there = await office.switch(db, { site, on: word === "on", now: new Date() });
        if (!there) return refuseSite(await office.list(db, new Date()), site);
        say({ site, state: word }, () => print(`${site} is ${word}.`));
        return EXIT.fine;
      }),
    );
}

export const sites = newCommand("sites")
  .description("The sites of a source that is read site by site.")
  .addCommand(list)
  .addCommand(add)
  .addCommand(probe)
  .addCommand(off)
  .addCommand(on);

const refuseSite = (known: readonly SiteDescription[], typed: string) =>
  refuseUnknown("a site of this database", {
    typed,
    names: known.map(({ site }) => site),
    where: "`sites list` says what is.",
  });

const silent = createLogger({ level: "silent", secrets: [] });

function withOffice(
  options: Common,
  use: (office: SiteOffice, opened: Opened) => Promise<number>,
): Promise<void> {
  return opened(options, async (all) => {
    const [office] = SOURCES.flatMap((source) => source.office?.(readSettings()) ?? []);
    if (!office) return refuse("No source has sites.");
    await ensureCollections(all.db, silent, office.collections);
    await ensureIndexes(all.db, office.collections);
    return use(office, all);
  });
}

/** `Worthing Borough Council=Worthing` */
function partOf(text: string): { name: string; committees?: string } {
  const [name = "", words] = text.split("=");
  return words ? { name, committees: words } : { name };
}

const AT_ONCE = 8; // one that never answers takes minutes

async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = [...items];
  const one = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) results.push(await work(next));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return results;
}

const lineOf = ({ site, state, found, trouble }: SiteDescription) =>
  `${site.padEnd(48)} ${state.padEnd(10)} ${trouble || found}`;

function linesOf({ site, name, state, found, trouble, askAgainAt }: SiteDescription): string {
  const again = askAgainAt ? ` Asked again ${moment(askAgainAt)}.` : "";
  return `${site}\n  ${name}: ${state}; ${trouble ? `${trouble}.${again}` : found}`;
}
