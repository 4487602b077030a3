// What a check of the doctor says, and how a check that throws is said too.
export interface Finding {
  check: string;
  state: "well" | "warning" | "failed" | "skipped";
  found: string;
  /** What to do. */
  advice?: string;
}

export const FINDING_SIGNS: Record<Finding["state"], string> = {
  well: "✔",
  warning: "!",
  failed: "✖",
  skipped: "-",
};

export type Check = () => Promise<Omit<Finding, "check">>;

export const well = (found: string) => ({ state: "well" as const, found });
export const warning = (found: string, advice: string) => ({ state: "warning" as const, found, advice });
export const failed = (found: string, advice: string) => ({ state: "failed" as const, found, advice });
export const skipped = (found: string) => ({ state: "skipped" as const, found });

export const message = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\/\/[^@\s/]+@/g, "//[redacted]@");

export async function examine(check: string, of: Check): Promise<Finding> {
  try {
    return { check, ...(await of()) };
  } catch (error) {
    return { check, ...failed(message(error), "This was not expected: the message says where to look.") };
  }
}
