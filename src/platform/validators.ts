// What MongoDB asks of each document that is written: the zod schemas in its own words ($jsonSchema), so that there is one
// definition. Fields beside these are allowed: others enrich buyers, and a newer version's fields must not be refused by
// the validators of the one before, which a user with the role readWrite may make but not change. Pure.
import type { Document } from "mongodb";
import { z } from "zod";

export function validatorOf(schema: z.ZodType): Document {
  const { $schema: _, ...fields } = z.toJSONSchema(schema, {
    target: "draft-04", // MongoDB's
    unrepresentable: "any", // these have their `bsonType` as metadata
    override: ({ zodSchema: { _zod }, jsonSchema }) => {
      if (_zod.def.type === "date") jsonSchema["bsonType"] = "date";
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.type !== "integer") return;
      // The driver writes whole numbers as int or double, and the database counts in long.
      jsonSchema.type = "number";
      jsonSchema.multipleOf = 1;
      delete jsonSchema.minimum;
      delete jsonSchema.maximum;
    },
  });
  return { $jsonSchema: fields };
}

/** Of documents that have the field; others' documents in the same collection are their own business. */
export function ownOnly(field: string, validator: Document): Document {
  return { $or: [{ [field]: { $exists: false } }, validator] };
}
