// `sync run`: one invocation here and now, and how `verify` shows its own.
import { createLogger } from "../../platform/logger.ts";
import { workerEffects } from "../../platform/worker-effects.ts";
import { counted } from "../../report/words.ts";
import { invoke } from "../../run/invocation.ts";
import type { SyncRun } from "../../terms/documents.ts";
import { type Common, commandOf, type Opened, opened, sourceName } from "../command.ts";
import { EXIT } from "../exit.ts";
import { print } from "../print.ts";
import { createProgressView } from "../progress.ts";
import { tickShown } from "../system.ts";

export const run = commandOf(
  "run",
  "One invocation here and now: what the cron does, without a Worker.",
).action((options: Common) =>
  opened(options, (open) => invokeShown(open, { verifyOnly: false, ...options })),
);

export async function invokeShown(
  { db, config, say }: Opened,
  { verifyOnly, json = false }: Common & { verifyOnly: boolean },
): Promise<number> {
  const log = createLogger({ level: "silent", secrets: [] }); // the errors are in the answer
  const ended: SyncRun[] = [];
  const tick = async () => {
    ended.push(await invoke({ db, effects: workerEffects, config, log, verifyOnly }));
    return [];
  };
  if (json) await tick();
  else {
    const view = createProgressView(Date.now());
    await tickShown({ db, worker: { tick }, view });
    view.end();
  }
  const [run] = ended;
  say(run, () => {
    for (const one of run?.sources ?? []) {
      const done = `${one.windowsDone.length} months read, ${one.windowsVerified.length} verified`;
      print(
        `${sourceName(one.source)}: ${counted(one.releases, "notice")} in ${counted(one.requests, "request")}, ${done}; ended by ${one.endedBy}.`,
      );
      for (const error of one.errors) print(`  ${error}`);
    }
  });
  return run?.outcome === "error" ? EXIT.attention : EXIT.fine;
}
