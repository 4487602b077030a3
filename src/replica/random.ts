// Seeded randomness: the same seed gives the same history, byte for byte.
export type Random = () => number;

/** mulberry32: uniform in [0, 1). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new RangeError("pick: expected at least one value");
  return value;
}

/** Picks one of the values, each as likely as its weight. */
export function weighted<T>(weights: readonly (readonly [T, number])[]): (random: Random) => T {
  let total = 0;
  const upTo = weights.map(([value, weight]) => {
    total += weight;
    return { value, total };
  });
  const last = upTo.at(-1);
  if (!last) throw new RangeError("weighted: expected at least one weight");
  return (random) => {
    const dice = random() * total;
    return (upTo.find((one) => dice < one.total) ?? last).value;
  };
}

/** A number for a text, the same everywhere. */
export function hash(text: string): number {
  let value = 2166136261;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 16777619);
  return value >>> 0;
}
