// A site that does not answer, or not to this client: its other months would not do better.

/** Why a site is left alone for now. */
export type SiteClosedBy = "blocked" | "disallowed" | "unknown";

export class SiteClosed extends Error {
  override readonly name = "SiteClosed";
  readonly state: SiteClosedBy;

  constructor(state: SiteClosedBy, message: string) {
    super(message);
    this.state = state;
  }
}
