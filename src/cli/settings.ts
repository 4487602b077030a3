// The settings as a command sees them: wrangler.toml, then .dev.vars (local secrets, never committed), then the environment.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { parse } from "smol-toml";
import { z } from "zod";
import { SETTINGS } from "../config/config.ts";
import { ConfigError } from "../terms/errors.ts";
import { terminal } from "./terminal.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const wranglerSchema = z.object({
  vars: z.record(z.string(), z.coerce.string()).default({}),
  triggers: z.object({ crons: z.array(z.string()) }).default({ crons: [] }),
});

/** @throws ConfigError when wrangler.toml cannot be read */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>> = terminal().env,
  folder = ROOT,
): Record<string, string> {
  const given = SETTINGS.flatMap((name): [string, string][] => {
    const value = environment[name];
    return value ? [[name, value]] : [];
  });
  return {
    ...readWranglerToml(folder).vars,
    ...devVars(join(folder, ".dev.vars")),
    ...Object.fromEntries(given),
  };
}

/** @throws ConfigError when it cannot be read */
export function readWranglerToml(folder = ROOT): { vars: Record<string, string>; crons: string[] } {
  try {
    const { vars, triggers } = wranglerSchema.parse(
      parse(readFileSync(join(folder, "wrangler.toml"), "utf8")),
    );
    return { vars, crons: triggers.crons };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`wrangler.toml cannot be read: ${reason}`, { cause });
  }
}

function devVars(path: string): Record<string, string> {
  const read = existsSync(path) ? parseEnv(readFileSync(path, "utf8")) : {};
  return Object.fromEntries(Object.entries(read).map(([name, value]) => [name, value ?? ""]));
}
