// One structured line per event, on the console that the platform collects; secrets are redacted by pino and, inside
// messages, by value.
import pino, { type Logger } from "pino";

export type { Logger };

const SECRET_PATHS = [
  "uri",
  "mongodbUri",
  "statusToken",
  "alertWebhookUrl",
  "token",
  "password",
  "authorization",
];
const CREDENTIALS = /(mongodb(?:\+srv)?:\/\/)[^\s@/]+@/g;

/** @param secrets values that must never appear in a line, whatever field or message carries them */
export function createLogger(options: { level: string; secrets: (string | null)[] }): Logger {
  const secrets = options.secrets.filter((secret): secret is string => secret !== null && secret.length > 3);
  return pino(
    {
      level: options.level,
      base: { service: "tendhunt-data-sync" },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS.flatMap((path) => [path, `*.${path}`]), censor: "[redacted]" },
    },
    {
      write(line: string) {
        let clean = line.replaceAll(CREDENTIALS, "$1[redacted]@");
        for (const secret of secrets)
          clean = clean.replaceAll(JSON.stringify(secret).slice(1, -1), "[redacted]");
        console.log(clean.trimEnd());
      },
    },
  );
}
