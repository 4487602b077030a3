// A record of the history → the text of the release that the API would show. Deterministic: it depends on the record
// alone.

import { contractsFinder } from "./contracts-finder.ts";
import { findATender } from "./find-a-tender.ts";
import { amountOf, buyerOf, SENTINEL, zoned } from "./made-up.ts";
import type { Published } from "./published.ts";
import { createRandom, type Random } from "./random.ts";
import type { Source } from "./sources.ts";
import { cfStoryRelease } from "./stories/cf-bodies.ts";
import { fatStoryRelease } from "./stories/fat-bodies.ts";

/** `full`: shapes and sizes of real releases. `light`: what counting needs, for simulations. */
export type Bodies = "full" | "light";

const DEFECTS: Partial<Record<NonNullable<Published["plant"]>, string>> = {
  "bare-zeros": "000",
  infinity: "1e9999",
  "broken-release": "n/a",
  "unclosed-quote": '"n/a',
};

/** The release as it stands in a page. */
export function releaseText(source: Source, record: Published, bodies: Bodies): string {
  if (record.recorded !== undefined) {
    return JSON.stringify(record.recorded, infinityKept).replaceAll(String(SENTINEL), "1e9999");
  }
  const defect = record.plant === null ? undefined : DEFECTS[record.plant];
  const text = JSON.stringify(release(source, record, bodies));
  if (defect === undefined) return text;
  // Notices without any value or lots have the number where no real one has been seen.
  const place = text.includes(String(SENTINEL))
    ? text
    : `${text.slice(0, -1)},"planning":{"budget":{"amount":{"amount":${SENTINEL},"currency":"GBP"}}}}`;
  return place.replaceAll(String(SENTINEL), defect);
}

/** What 1e9999 has become in JSON.parse. */
const infinityKept = (_key: string, value: unknown) =>
  value === Number.POSITIVE_INFINITY ? SENTINEL : value;

/** The release before any defect of its text: for what is not JSON. */
export function releaseObject(source: Source, record: Published, bodies: Bodies): unknown {
  return record.recorded ?? release(source, record, bodies);
}

function release(source: Source, record: Published, bodies: Bodies): object {
  if (record.telling)
    return source === "FIND_A_TENDER"
      ? fatStoryRelease(record, record.telling)
      : cfStoryRelease(record, record.telling);
  const random = createRandom(record.seed);
  if (bodies === "light") return light(record, random);
  return source === "FIND_A_TENDER" ? findATender(record, random) : contractsFinder(record, random);
}

function light(record: Published, random: Random): object {
  const buyer = buyerOf(record);
  const broken = record.plant !== null && DEFECTS[record.plant] !== undefined;
  const amount = broken ? SENTINEL : amountOf(random);
  const id = `GB-PPON-${buyer.ppon}`;
  return {
    ocid: record.ocid,
    id: record.releaseId,
    date: zoned(record.date),
    tag: record.tags,
    initiationType: "tender",
    tender: { id: "1", title: `Notice ${record.releaseId}`, value: { amount, currency: "GBP" } },
    parties: [
      {
        id,
        name: buyer.name,
        roles: ["buyer"],
        identifier: { scheme: "GB-PPON", id: buyer.ppon },
      },
    ],
    buyer: { id, name: buyer.name },
  };
}
