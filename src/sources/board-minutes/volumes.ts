// What councils publish through ModernGov: 100 to 400 meetings a year and council (docs/board-minutes.md), about five
// documents a meeting.
import type { Volumes } from "../../terms/source.ts";

const MEETINGS_PER_YEAR = 250;
const DOCUMENTS_PER_MEETING = 6;
/** Most are attachments, of which only the address is kept; minutes and agendas have 5 to 30 KB of text. */
const BYTES_PER_DOCUMENT = 2_500;

const perDay = (MEETINGS_PER_YEAR * DOCUMENTS_PER_MEETING) / 365;

/** Of one site. */
export const volumes: Volumes = {
  perDay: () => perDay,
  releaseBytes: { none: BYTES_PER_DOCUMENT, gzip: BYTES_PER_DOCUMENT, full: BYTES_PER_DOCUMENT },
  contractExtraBytes: 150,
  contractsPerRelease: 1,
  requestsFor: (documents) => 1 + Math.ceil(documents / DOCUMENTS_PER_MEETING),
};
