// Columns that several questions show.
import type { Column } from "./question.ts";

export const TITLE: Column = { field: "title", title: "Title", kind: "text" };
export const BUYER: Column = { field: "buyerName", title: "Buyer", kind: "text" };
export const DEADLINE: Column = { field: "deadlineDate", title: "Closes", kind: "instant" };
export const VALUE: Column = { field: "valueMax", title: "Worth up to", kind: "money" };
export const AWARDED: Column = { field: "awardValue", title: "Awarded", kind: "money" };
export const SUPPLIERS: Column = { field: "suppliers", title: "Suppliers", kind: "list" };
export const ENDS: Column = { field: "contractEndDate", title: "Ends", kind: "day" };
export const AT_THE_LATEST: Column = { field: "contractMaxEndDate", title: "At the latest", kind: "day" };
export const PUBLISHED: Column = { field: "publishedDate", title: "Last notice", kind: "day" };
export const STATE: Column = { field: "state", title: "State", kind: "text" };
export const NOTICE: Column = { field: "noticeId", title: "Notice", kind: "link" };
export const OCID: Column = { field: "ocid", title: "Process", kind: "text" };

/** The names of all that won something of a procurement. */
export const suppliersOfAwards = {
  $set: {
    suppliers: {
      $setUnion: {
        $reduce: {
          input: { $ifNull: ["$awards.suppliers.name", []] },
          initialValue: [],
          in: { $concatArrays: ["$$value", "$$this"] },
        },
      },
    },
  },
};
