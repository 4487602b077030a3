// The clock of an invocation. A machine that is ahead would ask for what is not published yet, call it read, and end months
// before they are over; so what it says is held against the database's clock once, at the beginning.
import { millisecondsInHour as HOUR_MS } from "date-fns/constants";
import type { Effects } from "../platform/effects.ts";

const OFF_MS = {
  /** Less does no harm: the delta leaves out the newest two minutes. */
  least: 60_000,
  /** A zone taken for another is off by an hour or two. What is further off is a time that somebody wants. */
  most: 3 * HOUR_MS,
};

export interface Clock {
  /** As those of the platform, with this clock's time. */
  effects: Effects;
  /** @param ask tells the database's time. One that is behind stays so: it reads later, and loses nothing */
  setBy(ask: () => Promise<Date>): Promise<void>;
}

export function createClock(effects: Effects): Clock {
  let aheadMs = 0;
  return {
    effects: { ...effects, now: () => new Date(effects.now().getTime() - aheadMs) },
    async setBy(ask) {
      const before = effects.now().getTime();
      const told = (await ask()).getTime();
      const ahead = (before + effects.now().getTime()) / 2 - told;
      if (ahead > OFF_MS.least && ahead <= OFF_MS.most) aheadMs = Math.round(ahead);
    },
  };
}
