// Who buys: one buyer per organisation, and what kind of organisation it is where its name or its numbers tell.
import type { MappedBuyer } from "../terms/documents.ts";
import {
  CENTRAL_GOVERNMENT,
  DEVOLVED_GOVERNMENT,
  type Identifier,
  nameId,
  numbersOf,
} from "../terms/organisation.ts";
import { identifiersOf } from "./organisation.ts";
import { hasRole, type Parts } from "./parts.ts";
import { at, filled, firstText, type Json, list, object, text, webPage } from "./read.ts";
import { regionName } from "./regions.ts";

/**
 * The buyer that a release names, then those that buy jointly with it. Cancellations and terminations name none, and then
 * its parties count.
 */
export function buyersOf({ release, parties, partyOf }: Parts): MappedBuyer[] {
  const buyer = object(release["buyer"]);
  const named = parties.filter((one) => hasRole(one, "buyer"));
  // Before 2016 the buyer carries its own address and number, and there are no parties.
  const first = partyOf(buyer["id"]) ?? named[0] ?? buyer;
  const buyers = [
    buyerOf(first, buyer["name"]),
    ...named.filter((one) => one !== first).map((one) => buyerOf(one)),
  ];
  const distinct = new Map<string, MappedBuyer>();
  for (const one of buyers) if (one && !distinct.has(one.orgId)) distinct.set(one.orgId, one);
  return [...distinct.values()];
}

function buyerOf(party: Json, called?: unknown): MappedBuyer | null {
  const name = firstText(called, party["name"], at(party, "identifier", "legalName"));
  const identifiers = identifiersOf(party);
  const orgId = numbersOf(identifiers)[0] ?? (name === undefined ? undefined : nameId(name));
  if (name === undefined || orgId === undefined) return null;
  const address = object(party["address"]);
  const region = text(address["region"]);
  const types = list(at(party, "details", "classifications")).map(({ id }) => id);
  return {
    name,
    orgId,
    identifiers,
    ...filled({
      sector: sectorOf(name, identifiers, types),
      region,
      regionName: regionName(region),
      locality: text(address["locality"]),
      postalCode: text(address["postalCode"]),
      website: webPage(at(party, "details", "url")),
    }),
  };
}

/** By name, the first that fits: a university's hospitals are the NHS's, a police college is the police's. */
const SECTORS_BY_NAME: readonly (readonly [string, RegExp])[] = [
  [
    "NHS",
    /\bnhs\b|\bhospitals?\b|health board|integrated care board|ambulance service|commissioning (support unit|group)|health and social care trust/,
  ],
  ["police", /\bpolice\b|\bpolicing\b|constabulary|chief constable/],
  ["fire and rescue", /\bfire (and|&) rescue|\bfire (service|authority|brigade)/],
  ["university", /\buniversity\b|\buniversities\b|\bprifysgol\b|higher education corporation|royal holloway/],
  ["college", /\bcollege\b|\bcoleg\b|\bllandrillo menai\b/],
  [
    "school",
    /\bschools?\b|\bacadem(y|ies)\b|\blearning (trust|partnership)\b|\beducation(al)? trust\b|\bgrammar\b|\bsixth form\b/,
  ],
  [
    "other public body",
    /\b(british|dental|medical|arts|research|sports?|funding|pharmaceutical|social (care|services|work)( \w+)?) council\b|\bcouncil for\b|\b(national park|waste) authority\b/,
  ],
  ["housing", /\bhousing\b|\bhomes\b(?!.*agency)(?<!homes england)|\bhousing society\b/],
  [
    "council",
    /\bcouncil\b|\bcyngor\b|\b(london|royal|metropolitan) borough\b|\bborough of\b|\bcombined (county )?authority\b|\bcity of london\b|\bcounty of\b|\bcbc\b|\b[mc]?bc\b/,
  ],
  [
    "transport",
    /\btransport for\b|\brailways?\b|\bnetwork rail\b|\btrains\b|\bnational highways\b|\bairports?\b|\bharbour\b|\bpassenger transport executive\b|\bhigh speed\b/,
  ],
  [
    "utility",
    /\bwater (services |utilities )?(authority )?(limited|ltd)\b|\b(electricity|power) networks?\b|\bgas (networks? )?(limited|ltd)\b|\butilities\b|\bnational grid\b/,
  ],
  ["devolved government", DEVOLVED_GOVERNMENT],
  ["central government", CENTRAL_GOVERNMENT],
];

const SECTORS_BY_SCHEME: Record<string, string> = {
  "GB-UKPRN": "education",
  "GB-LAE": "council",
  "GB-NHS": "NHS",
  "GB-GOR": "central government",
};

/** FaT's own classification of its authorities; `publicUndertaking` is chosen by housing associations too, so it tells nothing. */
const SECTORS_BY_TYPE: Record<string, string> = {
  publicAuthorityCentralGovernment: "central government",
  MINISTRY: "central government",
  NATIONAL_AGENCY: "central government",
  privateUtility: "utility",
};

const NAME_LENGTH_READ = 300; // the longest real name has 170 characters; patterns take the square of what is longer

/** What kind of organisation it is: by its name, else by the register that knows it, else by its own classification. */
function sectorOf(name: string, identifiers: Identifier[], types: unknown[]): string | undefined {
  const plain = name.slice(0, NAME_LENGTH_READ).toLowerCase();
  for (const [sector, pattern] of SECTORS_BY_NAME) if (pattern.test(plain)) return sector;
  for (const { scheme } of identifiers) {
    if (scheme !== undefined && Object.hasOwn(SECTORS_BY_SCHEME, scheme)) return SECTORS_BY_SCHEME[scheme];
  }
  for (const type of types) {
    if (typeof type === "string" && Object.hasOwn(SECTORS_BY_TYPE, type)) return SECTORS_BY_TYPE[type];
  }
  return undefined;
}
