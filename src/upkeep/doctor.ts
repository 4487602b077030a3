// `npm run sync -- doctor`: everything that a deployment needs, one by one, each with what to do when it fails.
import { type Config, readConfig } from "../config/config.ts";
import { withoutPieces } from "../platform/redact.ts";
import { inDatabase } from "./checks/database.ts";
import { checkNames, checkPort, parsed } from "./checks/network.ts";
import { checkApi, checkUserAgent, type SiteAnswer } from "./checks/sites.ts";
import { examine, type Finding, failed, message, skipped, warning, well } from "./finding.ts";

/** Findings as they are made. A check that needs what an earlier one found missing is skipped, and says so. */
export async function* diagnose(settings: Record<string, string>): AsyncGenerator<Finding> {
  let config: Config;
  try {
    config = readConfig(settings, new Date());
  } catch (error) {
    const advice = "Put it right in wrangler.toml, .dev.vars or the environment; every other check needs it.";
    yield { check: "configuration", ...failed(message(error), advice) };
    return;
  }
  yield { check: "configuration", ...checkPost(config) };
  const client = parsed(config.mongodbUri);
  const unquoted = (text: string) => withoutPieces(text, config.mongodbUri);
  const names = await examine("MongoDB's name", () => checkNames(client, unquoted));
  yield names;
  const port =
    names.state === "failed"
      ? { check: "MongoDB's port", ...skipped("its name is not known") }
      : await examine("MongoDB's port", () => checkPort(client));
  yield port;
  if (port.state === "well" || port.state === "warning") yield* inDatabase(config);
  else yield { check: "the database", ...skipped("MongoDB cannot be reached") };
  const asked: SiteAnswer[] = [];
  for (const source of config.sources)
    yield await examine(source.definition.name, () => checkApi(source, asked));
  yield await examine("User-Agent", () => checkUserAgent(asked));
}

function checkPost({ notify, alertWebhookUrl }: Config) {
  const usable = "every setting can be used";
  if (notify === "alarms" || alertWebhookUrl !== null) return well(usable);
  return warning(
    `${usable}; NOTIFY is daily, and ALERT_WEBHOOK_URL is not set here`,
    "Without ALERT_WEBHOOK_URL nothing is posted: npx wrangler secret put ALERT_WEBHOOK_URL, unless Cloudflare has it already.",
  );
}
