// A source that is an API of OCDS releases: its three settings, and everything that follows from them.
import { z } from "zod";
import type { SourceRules } from "../../map/source-rules.ts";
import { day, origin, originOrOff, stages } from "../../terms/setting.ts";
import type { Api, RecordedYear, Volumes, Witness } from "../../terms/source.ts";
import type { Source } from "../source.ts";

export interface ReleaseSource {
  name: string;
  alias: string;
  /** `FAT` of `FAT_API_URL`, `FAT_STAGES` and `FAT_BACKFILL_START_DATE`. */
  prefix: string;
  origin: string;
  /** First instant of its history. */
  firstDay: Date;
  stages: { preset: string; allowed: readonly string[] };
  api: Omit<Api, "settings">;
  rules: SourceRules;
  volumes: Volumes;
  /** Its setting is `CF_WITNESS_URL`. */
  witness?: Witness;
  /** What it has published, as others have counted. */
  record?: readonly RecordedYear[];
}

export function defineReleases(options: ReleaseSource): Source {
  const { name, alias, prefix, firstDay, api, rules, volumes, witness, record } = options;
  const names = {
    start: `${prefix}_BACKFILL_START_DATE`,
    origin: `${prefix}_API_URL`,
    stages: `${prefix}_STAGES`,
    ...(witness ? { witness: `${prefix}_WITNESS_URL` } : {}),
  };
  const schema = z.object({
    [names.start]: day.optional(),
    [names.origin]: origin(options.origin),
    [names.stages]: stages(options.stages.preset, options.stages.allowed),
    ...(names.witness && witness ? { [names.witness]: originOrOff(witness.origin).optional() } : {}),
  });
  const parsed = z.object({
    start: z.date().optional(),
    origin: z.string(),
    stages: z.array(z.string()),
    witness: z.string().nullish(),
  });
  return {
    id: api.source,
    name,
    alias,
    volumes,
    settings: Object.values(names),
    startSetting: names.start,
    configure: schema.transform((env) => {
      const own = parsed.parse({
        start: env[names.start],
        origin: env[names.origin],
        stages: env[names.stages],
        witness: names.witness && env[names.witness],
      });
      // A witness or a record of the real site says nothing of another one.
      const isReal = own.origin === options.origin;
      const known = isReal ? (witness?.origin ?? null) : null;
      return ({ start: common }) => ({
        ...{ origin: own.origin, stages: own.stages },
        witnessOrigin: own.witness === undefined ? known : own.witness,
        ...(record && isReal ? { record } : {}),
        // The common start never begins it before its history does.
        start: own.start ?? (common && common > firstDay ? common : firstDay),
      });
    }),
    releases: {
      api: { ...api, settings: { origin: names.origin, stages: names.stages } },
      rules,
      ...(witness ? { witness } : {}),
    },
  };
}
