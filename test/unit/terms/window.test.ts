// A move that the table does not have does not compile; `npm run types` fails where one of these lines does.
import { expect, it } from "vitest";
import { statusTo, WINDOW_MOVES, WINDOW_STATUSES } from "../../../src/terms/window.ts";

it("statusTo takes the moves of the table and no other", () => {
  expect(statusTo("done", ["running"])).toBe("done");
  // @ts-expect-error a window that was not read is not done
  statusTo("done", ["pending"]);
  // @ts-expect-error a month that failed is read again before it is done
  statusTo("done", ["failed"]);
  // @ts-expect-error nobody holds a month that waits for room
  statusTo("running", ["deferred"]);
});

it("every status can be reached", () => {
  const reached = new Set(Object.values(WINDOW_MOVES).flat());
  expect(WINDOW_STATUSES.filter((status) => !reached.has(status))).toEqual([]);
});
