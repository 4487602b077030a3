// Where the two sources differ; all else is read from the same places of both (fields.ts).
import type { Money } from "./money.ts";
import type { Parts } from "./parts.ts";

export interface SourceRules {
  /** What the release id says: the notice, its page, and (CF) which revision of it this is. */
  identify(releaseId: string): { noticeId: string; sourceUrl: string; revision: number | null };
  /** UK1 to UK17, in one document somewhere; none under the old regime and in CF. */
  noticeType(parts: Parts): string | undefined;
  /** What it is expected to cost, before anything is awarded. */
  value(parts: Parts): Money | undefined;
  /** ITL or NUTS codes of where it is delivered; a name where there is no code. */
  deliveryRegions(parts: Parts): string[];
  /** Suitable for small firms (`sme`), for charities and social enterprises (`vcse`). */
  suitable(parts: Parts, whom: "sme" | "vcse"): boolean | undefined;
}
