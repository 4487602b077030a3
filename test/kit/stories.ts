// Releases of made-up stories, each with just what the fold reads, in the shapes that the sources give it.
export interface Made {
  source: "FIND_A_TENDER" | "CONTRACTS_FINDER";
  release: Record<string, unknown> & { id: string };
}

const BASE = Date.parse("2026-03-01T09:00:00Z");
const DAY_MS = 86_400_000;
/** An instant, as a release has it, so many days into the story. */
export const onDay = (day: number) => new Date(BASE + day * DAY_MS).toISOString();

interface Common {
  /** The day of publication. */
  day: number;
  title?: string | undefined;
  buyer?: string | null | undefined;
  update?: boolean | undefined;
  lots?: Record<string, string> | undefined;
  ocid?: string | undefined;
}

const lotsOf = (lots: Record<string, string> = { 1: "active" }) =>
  Object.entries(lots).map(([id, status]) => ({ id, status }));

function notice(
  id: string,
  { day, title = "Roof repairs", buyer = "Leeds City Council", ocid = "ocds-h6vhtk-1" }: Common,
  rest: { tag: string[]; tender?: object | undefined; [name: string]: unknown },
): Made {
  const { tender, ...others } = rest;
  return {
    source: "FIND_A_TENDER",
    release: {
      ...{ ocid, id, date: onDay(day), tender: { title, ...tender }, ...others },
      ...(buyer === null
        ? {}
        : { buyer: { id: buyer, name: buyer }, parties: [{ id: buyer, name: buyer, roles: ["buyer"] }] }),
    },
  };
}

const typed = (noticeType: string) => ({ documents: [{ noticeType }] });

export function plan(
  id: string,
  options: Common & { type?: string | undefined; until?: number | undefined; talks?: number | undefined },
): Made {
  const { type = "UK3", until, talks, update } = options;
  return notice(id, options, {
    tag: [update ? "planningUpdate" : "planning"],
    planning: {
      ...typed(type),
      ...(talks === undefined ? {} : { milestones: [{ type: "engagement", dueDate: onDay(talks) }] }),
    },
    tender: {
      status: "planned",
      ...(until === undefined ? {} : { communication: { futureNoticeDate: onDay(until) } }),
    },
  });
}

export function call(
  id: string,
  options: Common & {
    deadline?: number | undefined;
    type?: string | null | undefined;
    status?: string | undefined;
    techniques?: object | undefined;
  },
): Made {
  const { deadline, type = "UK4", status = "active", update, lots, techniques } = options;
  return notice(id, options, {
    tag: [update ? "tenderUpdate" : "tender"],
    tender: {
      ...(type === null ? {} : typed(type)),
      ...{ status, lots: type === null ? undefined : lotsOf(lots), techniques },
      ...(deadline === undefined ? {} : { tenderPeriod: { endDate: onDay(deadline) } }),
    },
  });
}

/** The old regime's F14: holds only what changes. */
export function correction(
  id: string,
  options: Common & { section?: string | undefined; moved?: number | undefined },
): Made {
  const { section = "IV.2.2", moved } = options;
  const change = { where: { section }, newValue: { date: onDay(moved ?? 0) } };
  return notice(id, options, {
    tag: ["tenderUpdate"],
    tender: { amendments: [{ id: "1", unstructuredChanges: moved === undefined ? [] : [change] }] },
  });
}

interface MadeAward {
  id?: string | undefined;
  status?: string | undefined;
  lots?: readonly string[] | undefined;
  value?: number | undefined;
  firm?: string | undefined;
}

export function award(
  id: string,
  options: Common & {
    type?: string | null | undefined;
    awards?: MadeAward[] | undefined;
    ends?: number | undefined;
    framework?: boolean | undefined;
    techniques?: object | undefined;
  },
): Made {
  const { type = "UK7", awards = [{}], update, lots, ends, framework } = options;
  const techniques = framework ? { hasFrameworkAgreement: true } : options.techniques;
  const underTheAct = type !== null;
  return notice(id, options, {
    tag: update ? ["awardUpdate", "contractUpdate"] : ["award", "contract"],
    tender: {
      ...{ status: "complete", lots: underTheAct ? lotsOf(lots) : undefined, techniques },
    },
    awards: awards.map(({ id: own, status, lots: of, value, firm = "Slate Ltd" }, at) => ({
      id: own ?? (underTheAct ? String(at + 1) : `${id}-${at + 1}`),
      status: status ?? (type === "UK5" ? "pending" : "active"),
      ...(underTheAct ? { relatedLots: of ?? ["1"] } : of ? { relatedLots: of } : {}),
      suppliers: [{ id: firm, name: firm }],
      ...(value === undefined ? {} : { value: { amount: value, currency: "GBP" } }),
      ...(ends === undefined ? {} : { contractPeriod: { endDate: onDay(ends) } }),
      ...(type === null ? {} : typed(type)),
    })),
  });
}

/** UK12, which names no buyer. */
export function cancellation(
  id: string,
  options: Common & {
    awards?: { id: string | undefined; lots?: readonly string[] | undefined }[];
    signed?: boolean | undefined;
  },
): Made {
  const { lots, awards = [] } = options;
  return notice(
    id,
    { buyer: null, ...options },
    {
      tag: ["tenderCancellation"],
      tender: { ...typed("UK12"), ...(lots ? { lots: lotsOf(lots), status: "cancelled" } : {}) },
      awards: awards.map(({ id: own, lots: of = ["1"] }) => ({
        id: own,
        status: "cancelled",
        relatedLots: of,
      })),
    },
  );
}

/** UK9, UK10, UK11 and what is told of a contract besides. */
export function contract(
  id: string,
  options: Common & { type: string; award?: string | undefined; ended?: boolean | undefined },
): Made {
  const { type, award: awardID = "1" } = options;
  const tags: Record<string, string> = {
    UK9: "implementation",
    UK10: "contractAmendment",
    UK11: "contractTermination",
  };
  return notice(
    id,
    { buyer: null, ...options },
    {
      tag: [tags[type] ?? "implementation"],
      contracts: [{ id: "1", awardID, ...(type === "UK11" ? { status: "terminated" } : {}), ...typed(type) }],
    },
  );
}

/** UK14 to UK16: a dynamic market is set up, changes, ends. */
export function market(
  id: string,
  options: Common & { type: string; ends?: number | undefined; firms?: string[] | undefined },
): Made {
  const { type, firms = [], ends } = options;
  return notice(id, options, {
    tag: type === "UK13" ? ["tender"] : ["award", "contract"],
    tender: {
      ...typed(type),
      techniques: { hasDynamicPurchasingSystem: true },
      ...(ends === undefined ? {} : { tenderPeriod: { endDate: onDay(ends) } }),
    },
    awards: firms.map((firm, at) => ({ id: String(at + 1), suppliers: [{ id: firm, name: firm }] })),
  });
}

/** Contracts Finder: each edit a new guid. */
export function found(
  guid: string,
  options: Common & {
    stage: "planning" | "tender" | "award";
    tender?: string | undefined;
    deadline?: number | undefined;
    value?: number | undefined;
    talks?: number | undefined;
    status?: string | undefined;
  },
): Made {
  const { stage, tender = "T1", deadline, value, talks, status, day, title = "Roof repairs" } = options;
  const ocid = options.ocid ?? "ocds-b5fd17-1";
  const period = deadline === undefined ? {} : { tenderPeriod: { endDate: onDay(deadline) } };
  return {
    source: "CONTRACTS_FINDER",
    release: {
      ...{ ocid, id: `${guid}-1`, date: onDay(day), tag: [stage] },
      tender: { id: tender, title, status: status ?? (stage === "award" ? "complete" : "active"), ...period },
      ...(talks === undefined
        ? {}
        : { planning: { milestones: [{ type: "engagement", dueDate: onDay(talks) }] } }),
      ...(stage === "award"
        ? {
            awards: [
              {
                ...{
                  id: `${ocid}-${guid}`,
                  status: "active",
                  suppliers: [{ id: "Slate Ltd", name: "Slate Ltd" }],
                },
                value: { amount: value ?? 1000, currency: "GBP" },
              },
            ],
          }
        : {}),
      buyer: { id: "leeds", name: "Leeds City Council" },
    },
  };
}
