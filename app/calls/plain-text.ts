/**
 * A name that came from outside, so that it cannot turn the text around it: without the explicit directional
 * embeddings, overrides and isolates of Unicode (UAX #9, section 2). Right-to-left writing needs none of them.
 */
export function withoutDirectionControls(text: string): string {
  return text.replace(/[\u202A-\u202E\u2066-\u2069]/g, '');
}
