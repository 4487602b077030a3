// Whose a document is: a council's buyer. Of two councils that share a site each gets what its committees' titles tell.
import type { ObjectId } from "mongodb";
import type { Council } from "./records.ts";
import type { Owner } from "./store.ts";

export interface OwnedCouncil extends Council {
  buyerId: ObjectId;
}

/** The council whose name for its committees stands in the title; else the site's first, and a flag where there are several. */
export function ownerOf(councils: readonly OwnedCouncil[], committeeTitle: string): Owner {
  const [first] = councils;
  if (!first) throw new RangeError("a site without a council: add it again with its council's name");
  const told = councils.filter(({ committees }) => committees && includes(committeeTitle, committees));
  const [only] = told.length === 1 ? told : [];
  const { buyerId, name: dataSourceName } = only ?? first;
  return { buyerId, dataSourceName, uncertain: !only && councils.length > 1 };
}

function includes(title: string, words: string): boolean {
  return title.toLowerCase().includes(words.toLowerCase());
}
