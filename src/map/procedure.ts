// How something is bought: by which kind of contract, under which framework, until when and where one can bid.
import type { MappedContract } from "../terms/documents.ts";
import type { Parts } from "./parts.ts";
import { at, filled, firstText, type Json, lastInstant, latest, list, text } from "./read.ts";

export function typeOf({ tender, awards, contracts }: Parts): MappedContract["contractType"] {
  for (const part of [tender, ...awards, ...contracts]) {
    const category = part["mainProcurementCategory"];
    if (category === "goods" || category === "services" || category === "works") return category;
  }
  return undefined;
}

type Mechanism = Pick<MappedContract, "contractMechanism" | "callOffOf">;

/** By what it is related to, else by its own technique, else by its procedure's name (CF says call-offs there alone). */
export function mechanismOf({ release, tender, tags }: Parts, noticeType: string | undefined): Mechanism {
  const related = list(release["relatedProcesses"]).flatMap(({ relationship, scheme, identifier }) => {
    const relations = [relationship].flat().filter((one) => typeof one === "string");
    const ocid = scheme === "ocid" ? text(identifier) : undefined;
    const isDynamic = relations.some((one) => /dynamic/i.test(one));
    return isDynamic || relations.includes("framework") ? [{ isDynamic, ocid }] : [];
  });
  const ocids = [...new Set(related.map(({ ocid }) => ocid).filter((ocid) => ocid !== undefined))];
  const [first] = related;
  const contractMechanism = first
    ? first.isDynamic
      ? "call_off_dps"
      : "call_off_framework"
    : unrelated(tender, tags, noticeType);
  return filled({ contractMechanism, callOffOf: ocids.length > 0 ? ocids : undefined });
}

/** In either order of words; the award of a framework sets it up. */
const callsOff = (what: string) =>
  new RegExp(
    `\\b(?:call[- ]?off|award|competition)\\b(?! of (?:an? |the )?${what}).*\\b${what}` +
      `|\\b${what}.*\\b(?:call[- ]?off|direct award|(?:further|mini)[- ]?competition)\\b`,
    "i",
  );
const callsOffMarket = callsOff("dynamic (?:purchasing|market)");
const callsOffFramework = callsOff("framework");
const marketNotice = /^UK1[3-6]$/;
const procured = /^(?:tender|award|contract)/;

function unrelated(
  tender: Json,
  tags: string[],
  noticeType: string | undefined,
): Mechanism["contractMechanism"] {
  const techniques = tender["techniques"];
  if (at(techniques, "hasDynamicPurchasingSystem") === true || marketNotice.test(noticeType ?? ""))
    return "dps";
  const procedure = firstText(tender["procurementMethodDetails"]);
  if (procedure !== undefined && callsOffMarket.test(procedure)) return "call_off_dps";
  if (procedure !== undefined && callsOffFramework.test(procedure)) return "call_off_framework";
  if (at(techniques, "hasFrameworkAgreement") === true) return "framework";
  // Only a notice that says how it is bought says that it is nothing of these.
  const says = procedure ?? text(tender["procurementMethod"]);
  return says !== undefined && tags.some((tag) => procured.test(tag)) ? "standard" : undefined;
}

const webAddress = /(?:https?:\/\/|\bwww\.)[^\s<>"']+/i;

/** The first web address in what is said of how to submit. */
export function portalOf(tender: Json): string | undefined {
  const said = text(tender["submissionMethodDetails"]);
  return said === undefined ? undefined : webAddress.exec(said)?.[0].replace(/[.,;:!?)\]]+$/, "");
}

/** Until when one can bid or ask to take part; enquiryPeriod is for questions. */
export function deadlineOf({ tender }: Parts): Date | undefined {
  return (
    lastInstant(at(tender, "tenderPeriod", "endDate")) ??
    lastInstant(tender["expressionOfInterestDeadline"]) ??
    correctedDeadlineOf(tender)
  );
}

// The time limit's section of the old regime's forms, however it is written: `IV.2.2`, `IV.2.2.)`, `Section IV 2.2`, `1V.2.2`.
// IV.2.6 is how long a bid is bound, IV.2.7 when bids are opened.
const timeLimit = /(?:^|[^a-z\d])[i1l]v\W{0,3}2\W{0,3}2(?!\s*\.?\s*\d)/i;
const timeLimitLabel = /\btime limit for receipt of (?:tenders|requests|projects|expressions)/i;

/** F14: a correction says a moved time limit among its changes alone. */
function correctedDeadlineOf(tender: Json): Date | undefined {
  const changes = list(tender["amendments"]).flatMap((one) => list(one["unstructuredChanges"]));
  const moved = changes.filter(({ where }) => {
    const [section = "", label = ""] = [text(at(where, "section")), text(at(where, "label"))];
    return timeLimit.test(section) || timeLimitLabel.test(label);
  });
  return latest(moved.map(({ newValue }) => lastInstant(at(newValue, "date"))));
}

/** Until when one can speak to the buyer; talks that have been held are over. */
export function engagementDeadlineOf({ planning }: Parts): Date | undefined {
  const talks = list(planning["milestones"]).filter(({ type }) => type === "engagement");
  return latest(talks.map(({ dueDate }) => lastInstant(dueDate)));
}
