// `sync verify`: proves here and now what has been read.
import { verifyAnew } from "../../claim/claim.ts";
import { type Common, commandOf, opened, refuse, windowArgument } from "../command.ts";
import { invokeShown } from "./run.ts";

export const verify = commandOf(
  "verify",
  "Verifies here and now what has been read and never verified; a window is verified anew.",
)
  .addArgument(windowArgument(false))
  .action((window: string | undefined, options: Common) =>
    opened(options, async (open) => {
      if (window !== undefined && !(await verifyAnew(open.db, window))) {
        return refuse(`${window} is not done, or it is being verified now: \`status\` says which.`);
      }
      return invokeShown(open, { verifyOnly: true, ...options });
    }),
  );
