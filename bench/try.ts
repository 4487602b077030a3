import { benchHistories } from "./histories.ts";
import { sideBySide, week } from "./side-by-side.ts";

const share = Number(process.argv[2]);
const t = Date.now();
const h = benchHistories(share);
const r = await sideBySide(h, (l) => console.log(Date.now() - t, l));
console.log(JSON.stringify(r, null, 1));
console.log(Date.now() - t);
console.log(
  await week(benchHistories(share * 0.55), share < 1 ? Math.ceil(168 * share) : 168),
  Date.now() - t,
);
