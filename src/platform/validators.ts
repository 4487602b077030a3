// What MongoDB asks of each document that is written: the zod schemas in its own words ($jsonSchema), so that there is one
// definition. Pure.
import type { Document } from "mongodb";
import { z } from "zod";

/** @param open documents may have fields of others beside ours */
export function validatorOf(schema: z.ZodType, { open = false } = {}): Document {
  const {
    $schema: _,
    additionalProperties,
    ...fields
  } = z.toJSONSchema(schema, {
    target: "draft-04", // MongoDB's
    unrepresentable: "any", // these have their `bsonType` as metadata
    override: ({ zodSchema: { _zod }, jsonSchema }) => {
      if (_zod.def.type === "date") jsonSchema["bsonType"] = "date";
      if (jsonSchema.type !== "integer") return;
      // The driver writes whole numbers as int or double, and the database counts in long.
      jsonSchema.type = "number";
      jsonSchema.multipleOf = 1;
      delete jsonSchema.minimum;
      delete jsonSchema.maximum;
    },
  });
  return { $jsonSchema: open ? fields : { ...fields, additionalProperties } };
}
