// What made-up releases are filled with: places, organisations, money, periods and prose, all from one seeded random.
// Shapes and shares are those of recorded releases; the names are nobody's.
import { millisecondsInDay as DAY_MS, millisecondsInHour as HOUR_MS } from "date-fns/constants";
import { toLondon } from "../terms/london-time.ts";
import { createRandom, hash, pick, type Random, weighted } from "./random.ts";

/** Stands for what JSON.stringify cannot write; `releaseText` puts the defect in its place. */
export const SENTINEL = 7_700_077_000_771;

/** London's time as both APIs write it: `+01:00` in summer, `Z` in winter. */
export function zoned(ms: number): string {
  const wall = toLondon(new Date(ms));
  return wall + (Date.parse(`${wall}Z`) - ms >= HOUR_MS / 2 ? "+01:00" : "Z");
}

/** FaT writes dates that somebody typed in with `+00:00` at times. */
export function typed(ms: number, random: Random): string {
  const text = zoned(ms);
  return text.endsWith("Z") && random() < 0.6 ? `${text.slice(0, -1)}+00:00` : text;
}

const PLACES = [
  ["Warrington", "WA1 1UH", "UKD61"],
  ["London", "SW1A 2AH", "UKI32"],
  ["Leeds", "LS1 1UR", "UKE42"],
  ["Edinburgh", "EH1 1YJ", "UKM75"],
  ["Cardiff", "CF10 4UW", "UKL22"],
  ["Belfast", "BT1 5GS", "UKN06"],
  ["Bristol", "BS1 5TR", "UKK11"],
  ["Norwich", "NR2 1NH", "UKH15"],
  ["Birmingham", "B1 1BB", "UKG31"],
  ["Newcastle", "NE1 8QH", "UKC22"],
] as const;
const KINDS = [
  "Council",
  "NHS Foundation Trust",
  "University",
  "Police",
  "Housing Group",
  "Combined Authority",
] as const;
/** What is bought: what a title says, and its CPV code. */
const WORKS = [
  ["Roof repairs", "45261910", "Roof repair"],
  ["School extension", "45214210", "Primary school construction work"],
  ["Road resurfacing", "45233141", "Road-maintenance works"],
  ["Flood defences", "45246400", "Flood-prevention works"],
  ["Boiler replacement", "45331110", "Boiler installation work"],
  ["Fostering placements", "85311300", "Welfare services for children and young people"],
  ["Network switches", "32420000", "Network equipment"],
  ["Audit services", "79212000", "Auditing services"],
  ["Grounds maintenance", "77314000", "Grounds maintenance services"],
  ["School meals", "55523100", "School-meal services"],
  ["Bus routes 4 and 7", "60112000", "Public road transport services"],
  ["Medical consumables", "33140000", "Medical consumables"],
  ["Bridge inspections – phase 2", "71631450", "Bridge-inspection services"],
  ["Apprentices’ training", "80530000", "Vocational training services"],
  ["Maintenance of the case system", "72267000", "Software maintenance and repair services"],
] as const;
const WORDS = (
  "the authority invites tenders for services to be delivered across its estate over a period of years with an " +
  "option to extend subject to performance budget and approval suppliers must register on the portal before the " +
  "deadline and answer every question in full social value counts for ten per cent of the score"
).split(" ");

// Prose is cut from one long text: a page has a hundred descriptions, and joining words for each would cost more than
// all the rest of it.
const PROSE = proseOf(createRandom(20_210_102), 40_000);
const PROSE_STARTS = [...PROSE.matchAll(/(?<=\. )[A-Z]/g)].map(({ index }) => index);

function proseOf(random: Random, letters: number): string {
  let text = "";
  while (text.length < letters) {
    const words = Array.from({ length: 6 + Math.floor(random() * 14) }, () => pick(random, WORDS)).join(" ");
    const end = random() < 0.03 ? " (£50k – £75k)" : random() < 0.03 ? " and the authority’s “policy”" : "";
    text += `${words.charAt(0).toUpperCase()}${words.slice(1)}${end}. `;
  }
  return text;
}

/** About so many letters of it; HTML entities and line breaks stand in a few. */
export function prose(random: Random, letters: number): string {
  let left = Math.max(20, Math.round(letters));
  let text = "";
  while (left > 0) {
    const start = pick(random, PROSE_STARTS);
    const piece = PROSE.slice(start, start + left);
    text += piece;
    left -= piece.length;
  }
  const dice = random();
  if (dice < 0.02) return `${text.trimEnd()} Terms &amp; conditions apply; see the council&apos;s site.`;
  return dice < 0.2 ? `${text.slice(0, 40)}\n\n•\t${text.slice(40).trimEnd()}` : text.trimEnd();
}

/** Mostly short, seldom very long: its mean is `mean`. */
export const skewed = (random: Random, mean: number): number => mean * 0.35 + mean * 4 * random() ** 5.15;

/** A process keeps what it is about: its notices have one title, which fits its CPV code and its buyer's place. */
export function themeOf(ocid: string): {
  title: string;
  cpv: { scheme: string; id: string; description: string };
} {
  const dice = hash(`${ocid} theme`);
  const [work, id, description] = WORKS[dice % WORKS.length] ?? WORKS[0];
  const { locality } = buyerOf({ ocid, seed: 999 });
  const title = `${work}, ${locality} ${1 + (Math.floor(dice / 16) % 400)}`;
  return {
    title: dice % 100 === 0 ? `${title} &amp; support` : title,
    cpv: { scheme: "CPV", id, description },
  };
}

export interface Organisation {
  name: string;
  locality: string;
  postalCode: string;
  region: string;
  number: number;
  ppon: string;
}

const OTHER_BUYER_SHARE = 0.02; // of releases that name another one than their process did before

/** A process keeps its buyer, so its updates and edits name the same; few buyers publish much, many publish little. */
export function buyerOf({ ocid, seed }: { ocid: string; seed: number }): Organisation {
  const changed = seed % 1000 < 1000 * OTHER_BUYER_SHARE;
  return buyerNumbered(Math.floor(createRandom(changed ? seed : hash(ocid))() ** 3 * 3000));
}

export function buyerNumbered(number: number): Organisation {
  const [locality, postalCode, region] = PLACES[number % PLACES.length] ?? PLACES[0];
  const name = `${locality} ${KINDS[number % KINDS.length]} ${Math.floor(number / 7) + 1}`;
  return { name, locality, postalCode, region, number, ppon: pponOf("P", number) };
}

export function supplierOf(random: Random): Organisation {
  return supplierNumbered(Math.floor(random() * 20_000));
}

export function supplierNumbered(number: number): Organisation {
  const [locality, postalCode, region] = PLACES[number % PLACES.length] ?? PLACES[0];
  return {
    name: `Supplier ${number} Ltd`,
    locality,
    postalCode,
    region,
    number,
    ppon: pponOf("S", 20_000 + number),
  };
}

const CONSONANTS = "BCDGHJLMNPQRTVWXYZ";
const letter = (number: number) => CONSONANTS.charAt(number % CONSONANTS.length);
const pponOf = (first: string, number: number) =>
  `${first}${letter(number)}${letter(Math.floor(number / 18))}${letter(number * 7)}-${1000 + (number % 9000)}-${letter(number * 5)}${letter(number * 11)}${letter(number * 13)}${letter(Math.floor(number / 9000))}`;

export const companyNumber = ({ number }: Organisation): string =>
  String(1_000_000 + number).padStart(8, "0");

const pickCurrency = weighted([
  ["GBP", 985],
  ["AED", 5],
  ["USD", 4],
  ["EUR", 3],
  ["CHF", 1],
  ["NOK", 1],
  ["QAR", 1],
] as const);

export interface Money {
  amountGross?: number;
  amount?: number;
  currency: string;
}

/** As FaT writes it: before and after tax, or only after it; 0 and 1 stand for "not known". */
export function grossValue(random: Random): Money & { amountGross: number } {
  const currency = pickCurrency(random);
  const amount = amountOf(random);
  const amountGross = Math.round(amount * 120) / 100;
  return random() < 0.13 ? { amountGross, currency } : { amountGross, amount, currency };
}

export function amountOf(random: Random): number {
  const amount = Math.round(10 ** (3 + random() * 5) * 100) / 100;
  return random() < 0.03 ? pick(random, [0, 1]) : amount;
}

/** A code beside the process's own: its group or its division, so that a question by trade finds it. */
export function cpvBeside({ cpv }: ReturnType<typeof themeOf>, random: Random) {
  return { ...cpv, id: cpv.id.slice(0, random() < 0.5 ? 2 : 3).padEnd(cpv.id.length, "0") };
}

const FAR_END = Date.UTC(2076, 11, 31, 23, 59, 59); // seen: somebody's typing error

export function contractPeriod(at: number, random: Random): { start: number; end: number } {
  const midnight = Math.floor(at / DAY_MS) * DAY_MS;
  const start = midnight + Math.floor(30 + random() * 90) * DAY_MS;
  const days = Math.floor(90 + random() * 1500);
  return { start, end: random() < 0.001 ? FAR_END : start + days * DAY_MS - 1000 };
}

/** A share of the releases has it: spread it into the object. */
export function maybe<T extends object>(random: Random, share: number, fields: () => T): T | object {
  return random() < share ? fields() : {};
}
