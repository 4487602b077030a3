// What makes an organisation the same organisation: its number in a register, else its name, unless a number or the place
// speaks against it. Pure.

/** Registers, best first: FaT's own PPON is the only one that every authority has (docs/records.md). */
export const REGISTERS = [
  "GB-PPON",
  "GB-COH",
  "GB-NHS",
  "GB-CHC",
  "GB-UKPRN",
  "GB-SRS",
  "GB-LAE",
  "GB-GOR",
  "GB-MPR",
] as const;
export type Register = (typeof REGISTERS)[number];

export interface Identifier {
  scheme?: string | undefined;
  id: string;
}

const ID_LENGTH_MAX = 100; // the longest real one has 50 characters
const placeholder = /^(0+|x+|n\W?a|none|null|tb[acd]|unknown|[^\p{L}\p{N}]+)$/iu;

export function isNumber(id: string): boolean {
  return id.length <= ID_LENGTH_MAX && !placeholder.test(id);
}

export function isRegister(scheme: string | undefined): scheme is Register {
  return REGISTERS.some((register) => register === scheme);
}

/**
 * The number as its register writes it, so that one organisation has one: companies' numbers have eight places (people
 * leave zeros out), and only GB-SRS tells capitals from small letters. Undefined where it cannot be a number of that register.
 */
export function numberIn(register: Register, written: string | undefined): string | undefined {
  const bare = written?.replaceAll(/\s/g, "");
  if (bare === undefined || !isNumber(bare)) return undefined;
  const number = register === "GB-SRS" ? bare : bare.toUpperCase();
  if (register !== "GB-COH") return number;
  const [, country = "", digits] = /^([A-Z]{2})?(\d{1,8})$/.exec(number) ?? [];
  const padded = digits === undefined ? number : country + digits.padStart(8 - country.length, "0");
  return /^(?:\d{8}|[A-Z]{2}[A-Z\d]{6})$/.test(padded) ? padded : undefined;
}

/** `GB-COH-01234567` of each register number, best register first; the sites' own numbers (GB-FTS, GB-CFS) identify nobody. */
export function numbersOf(
  identifiers: readonly Identifier[],
  order: readonly Register[] = REGISTERS,
): string[] {
  if (!identifiers.some(({ scheme }) => isRegister(scheme))) return [];
  return order.flatMap((register) => {
    const own = identifiers.filter(({ scheme }) => scheme === register);
    const numbers = own.map(({ id }) => numberIn(register, id)).filter((number) => number !== undefined);
    return [...new Set(numbers)].sort().map((number) => `${register}-${number}`);
  });
}

const SLUG_LENGTH_MAX = 300; // the longest real name has 170 characters

/** The same for every spelling that differs only in case, accents, punctuation, spaces, `Ltd`/`Limited`, `&`/`and`. */
export function nameId(name: string): string | undefined {
  const slug = slugOf(name);
  return slug === undefined ? undefined : `auto-${slug}`;
}

const SLUGS_KEPT = 5000; // a page asks for the same few names again and again
const slugs = new Map<string, string | undefined>();

export function slugOf(name: string): string | undefined {
  if (slugs.has(name)) return slugs.get(name);
  if (slugs.size >= SLUGS_KEPT) slugs.clear();
  const slug = slugFrom(name);
  if (name.length <= SLUG_LENGTH_MAX) slugs.set(name, slug);
  return slug;
}

function slugFrom(name: string): string | undefined {
  const slug = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[&+]/g, " and ")
    .replaceAll(/['’`.]/g, "")
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "")
    .replaceAll(/(?<=-)limited(?=-|$)/g, "ltd")
    .slice(0, SLUG_LENGTH_MAX);
  return slug === "" ? undefined : slug;
}

export interface Place {
  town?: string;
  /** First half of the postcode, `SW1A`. */
  district?: string;
}

const POSTCODE = /^([A-Z]{1,2}\d[A-Z\d]?)\d[A-Z]{2}$/;

export function placeOf(address: {
  locality?: string | undefined;
  postalCode?: string | undefined;
}): Place | undefined {
  const town = slugOf(address.locality ?? "");
  const district = POSTCODE.exec((address.postalCode ?? "").replaceAll(/\s/g, "").toUpperCase())?.[1];
  if (town === undefined && district === undefined) return undefined;
  return { ...(town === undefined ? {} : { town }), ...(district === undefined ? {} : { district }) };
}

/** A place as one text, to be kept: `leeds LS1`, with `-` for what is not known. */
export const placeText = ({ town = "-", district = "-" }: Place): string => `${town} ${district}`;

export function placeFrom(text: string): Place {
  const [town = "-", district = "-"] = text.split(" ");
  return { ...(town === "-" ? {} : { town }), ...(district === "-" ? {} : { district }) };
}

export const CENTRAL_GOVERNMENT =
  /^(the )?(department|ministry) (for|of)\b|\bhome office\b|\bcabinet office\b|\bhm (treasury|revenue|land registry|prison|courts)|\bsecretary of state\b|\bcrown prosecution\b|\bhouse of (commons|lords)\b|\b(environment|uk health security|food standards) agency\b|\b(natural|homes|historic) england\b|\bforestry commission\b|\bmet office\b/;
export const DEVOLVED_GOVERNMENT =
  /\b(scottish|welsh) government\b|\bscottish ministers\b|\bscottish parliament\b|\bsenedd\b/;

/** Names that no two organisations share, wherever they sit: of recorded ones the ministries write from several towns. */
const ONCE_IN_THE_COUNTRY = [CENTRAL_GOVERNMENT, DEVOLVED_GOVERNMENT, /\bnhs (england|business services)\b/];
/** Names that are told apart by their area: principal councils, health, police, universities. Parish councils are not. */
const ONCE_IN_AN_AREA =
  /^(?!.*\b(parish|town|community) council\b).*(\bcouncil\b|\bcyngor\b|\bborough\b|\bauthority\b|\bnhs\b|\bhospitals?\b|\bhealth board\b|\bpolice\b|\bconstabulary\b|\bfire\b|\buniversity\b|\btransport\b|\brailways?\b|\bwater\b|\bhousing\b)/;

const LONDON = new Set(["E", "EC", "N", "NW", "SE", "SW", "W", "WC"]);

function areaOf(district: string): string {
  const letters = district.replace(/\d.*$/, "");
  return LONDON.has(letters) ? "London" : letters;
}

/** Whether two places speak against two organisations of this name being one. */
export function isElsewhere(name: string, a: Place | undefined, b: Place | undefined): boolean {
  const plain = name.toLowerCase();
  if (!a || !b || ONCE_IN_THE_COUNTRY.some((pattern) => pattern.test(plain))) return false;
  const sameTown = a.town !== undefined && b.town !== undefined ? a.town === b.town : undefined;
  if (a.district === undefined || b.district === undefined) return sameTown === false;
  if (areaOf(a.district) !== areaOf(b.district)) return true;
  if (ONCE_IN_AN_AREA.test(plain)) return false;
  return sameTown === false && a.district !== b.district;
}
