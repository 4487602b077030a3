// What somebody may have meant who typed a name that does not exist. Pure.

const ALIKE = 0.4; // of a name's characters may be wrong, as commander has it for commands and options

/** ` Did you mean fat?`, or nothing where no name is like it. */
export function didYouMean(typed: string, names: Iterable<string>): string {
  const name = nearest(typed, names);
  return name === null ? "" : ` Did you mean ${name}?`;
}

export function nearest(typed: string, names: Iterable<string>): string | null {
  let best: { name: string; wrong: number } | null = null;
  for (const name of names) {
    const wrong = distance(typed.toLowerCase(), name.toLowerCase());
    const isAlike = wrong <= Math.max(1, ALIKE * Math.min(name.length, typed.length));
    if (isAlike && wrong < (best?.wrong ?? Number.POSITIVE_INFINITY)) best = { name, wrong };
  }
  return best?.name ?? null;
}

/** Characters to put in, take out, replace or swap with their neighbour. */
function distance(a: string, b: string): number {
  const cost: number[][] = [];
  const at = (i: number, j: number) => cost[i]?.[j] ?? 0;
  for (let i = 0; i <= a.length; i++) {
    const row: number[] = [];
    cost.push(row);
    for (let j = 0; j <= b.length; j++) {
      if (i === 0 || j === 0) {
        row.push(i + j);
        continue;
      }
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? at(i - 2, j - 2) + 1 : replaced;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped));
    }
  }
  return at(a.length, b.length);
}
