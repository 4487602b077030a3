// What the fold reads and says: the store reads and writes it.
export * from "../../terms/told.ts";
