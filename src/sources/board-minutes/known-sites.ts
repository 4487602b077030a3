// Where the list of sites begins: those whose meeting operations answered some client in 2026 (docs/board-minutes.md).
// More are added by `npm run sync -- sites add`.
import type { Council } from "./records.ts";

export interface KnownSite {
  baseUrl: string;
  name: string;
  councils?: Council[];
}

const site = (address: string, name: string): KnownSite => ({ baseUrl: `https://${address}`, name });

export const KNOWN_SITES: readonly KnownSite[] = [
  site("moderngov.lambeth.gov.uk", "London Borough of Lambeth"),
  site("democracy.brent.gov.uk", "London Borough of Brent"),
  site("democracy.cityoflondon.gov.uk", "City of London Corporation"),
  site("www.minutes.haringey.gov.uk", "London Borough of Haringey"),
  site("democraticservices.hounslow.gov.uk", "London Borough of Hounslow"),
  site("moderngov.southwark.gov.uk", "London Borough of Southwark"),
  site("democracy.towerhamlets.gov.uk", "London Borough of Tower Hamlets"),
  site("greenwich.moderngov.co.uk", "Royal Borough of Greenwich"),
  site("lewisham.moderngov.co.uk", "London Borough of Lewisham"),
  site("mgov.newham.gov.uk", "London Borough of Newham"),
  site("democracy.lbhf.gov.uk", "London Borough of Hammersmith and Fulham"),
  site("www.london.gov.uk/about-us/londonassembly/meetings", "Greater London Authority"),
  site("democracy.brighton-hove.gov.uk", "Brighton and Hove City Council"),
  site("meetings.cotswold.gov.uk", "Cotswold District Council"),
  site("milton-keynes.moderngov.co.uk", "Milton Keynes City Council"),
  site("rbwm.moderngov.co.uk", "Royal Borough of Windsor and Maidenhead"),
  site("democracy.blackpool.gov.uk", "Blackpool Council"),
  site("cms.wiltshire.gov.uk", "Wiltshire Council"),
  site("councillors.halton.gov.uk", "Halton Borough Council"),
  site("democracy.manchester.gov.uk", "Manchester City Council"),
  site("business.senedd.wales", "Senedd Cymru"),
];
