import { Html } from './html.ts';

/** Line drawings on a 24 × 24 grid. */
const PATHS = {
  dashboard: '<path d="M4 13h7V4H4zM13 20h7v-9h-7zM4 20h7v-5H4zM13 4v5h7V4z"/>',
  lead: '<path d="M4 5h16l-6 8v6l-4 2v-8z"/>',
  contact: '<circle cx="12" cy="8" r="4"/><path d="M4 20c1-4 4.5-6 8-6s7 2 8 6"/>',
  company: '<path d="M4 20V6l8-3v17M12 9l8 3v8M2 20h20M8 8v0M8 12v0M8 16v0M16 14v0M16 17v0"/>',
  customer: '<path d="m12 20-7-7a4.5 4.5 0 0 1 7-5.5 4.5 4.5 0 0 1 7 5.500z"/>',
  settings:
    '<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.600l2.1 2.100M16.3 16.300l2.1 2.100M18.4 5.600l-2.1 2.100M7.7 16.300l-2.1 2.1"/>',
  search: '<circle cx="11" cy="11" r="6"/><path d="m20 20-4.5-4.5"/>',
  bell: '<path d="M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4"/>',
  phone: '<path d="M6 3h3l2 5-2.5 1.500a11 11 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z"/>',
  'call-in':
    '<path d="M6 3h3l2 5-2.5 1.500a11 11 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3zM21 3l-6 6M15 4v5h5"/>',
  'call-out':
    '<path d="M6 3h3l2 5-2.5 1.500a11 11 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3zM15 9l6-6M16 3h5v5"/>',
  note: '<path d="M5 4h14v12l-5 4H5zM14 20v-4h5M8 9h8M8 13h5"/>',
} as const;

export type Icon = keyof typeof PATHS;

export function icon(name: Icon): Html {
  return new Html(
    `<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${PATHS[name]}</svg>`,
  );
}
