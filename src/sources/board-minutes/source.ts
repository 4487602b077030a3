// Board minutes: what councils minute in their meetings, read from the sites that publish them through ModernGov.
import { z } from "zod";
import { day, oneOf } from "../../terms/setting.ts";
import { ALL_STAGES } from "../../terms/window.ts";
import type { Source } from "../source.ts";
import { createOffice } from "./office.ts";
import { createReader } from "./reader.ts";
import { COLLECTIONS } from "./records.ts";
import { volumes } from "./volumes.ts";

const MONTHS_BACK = 24;
/** Where a council finds out who asks; an operator's own address is better. */
const CONTACT = "https://github.com/k1p1l0/tendhunt";

export const boardMinutes: Source = {
  id: "BOARD_MINUTES",
  name: "Board minutes",
  alias: "board",
  volumes,
  settings: ["BOARD_MINUTES", "BOARD_BACKFILL_START_DATE", "BOARD_CONTACT"],
  startSetting: "BOARD_BACKFILL_START_DATE",
  configure: z
    .object({
      BOARD_MINUTES: oneOf(["on", "off"], "off"),
      BOARD_BACKFILL_START_DATE: day.optional(),
      BOARD_CONTACT: z
        .string()
        .regex(/^(?:https:\/\/|mailto:)\S+$/, "allowed is an address that begins with https:// or mailto:")
        .default(CONTACT),
    })
    .transform((env) => ({ now }) => {
      if (env.BOARD_MINUTES === "off") return null;
      const start = env.BOARD_BACKFILL_START_DATE ?? monthsBefore(now, MONTHS_BACK);
      const reader = createReader({ contact: env.BOARD_CONTACT });
      return { start, origin: "", stages: [ALL_STAGES], reader };
    }),
  releases: null,
  collections: COLLECTIONS,
  office: (settings) => createOffice({ contact: settings["BOARD_CONTACT"] || CONTACT }),
};

/** The first of the month: a start that moves with every day would plan anew every day. */
function monthsBefore(now: Date, months: number): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1));
}
