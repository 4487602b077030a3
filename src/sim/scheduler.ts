// Virtual time: what should happen when, in an order that only the seed decides.
export interface Scheduler {
  now(): number;
  after(ms: number, label: string, happen: () => void): void;
  /** Lets everything up to `until` happen; each event's consequences are over before the next begins. */
  advance(until: number): Promise<void>;
  /** A hash of everything that has happened: the same seed, the same trace. */
  traceHash(): string;
  events(): number;
}

interface Event {
  at: number;
  order: number;
  label: string;
  happen: () => void;
}

export function createScheduler(startMs: number): Scheduler {
  const heap: Event[] = [];
  let nowMs = startMs;
  let order = 0;
  let happened = 0;
  let trace = 2166136261;

  const before = (a: Event, b: Event) => a.at - b.at || a.order - b.order;
  const push = (event: Event) => {
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || before(above, event) <= 0) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  };
  const pop = (): Event | undefined => {
    const [top] = heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      const child = right && left && before(right, left) < 0 ? 2 * at + 2 : 2 * at + 1;
      const lower = heap[child];
      if (!lower || before(last, lower) <= 0) break;
      heap[at] = lower;
      at = child;
    }
    heap[at] = last;
    return top;
  };
  const note = (text: string) => {
    for (let at = 0; at < text.length; at++) trace = Math.imul(trace ^ text.charCodeAt(at), 16777619);
  };

  return {
    now: () => nowMs,
    after: (ms, label, happen) =>
      push({ at: nowMs + Math.max(0, Math.round(ms)), order: order++, label, happen }),
    async advance(until) {
      for (let [next] = heap; next && next.at <= until; [next] = heap) {
        pop();
        nowMs = next.at;
        happened++;
        note(`${next.at} ${next.label}\n`);
        next.happen();
        // Promises that this has settled run on until all of them wait for an event again.
        await new Promise((resolve) => setImmediate(resolve));
      }
      nowMs = Math.max(nowMs, until);
    },
    traceHash: () => (trace >>> 0).toString(16).padStart(8, "0"),
    events: () => happened,
  };
}
