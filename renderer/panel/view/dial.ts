/**
 * What is dialled from what was typed or pasted: a number loses the spaces and marks people write it with; anything
 * else (a SIP address, a name) only loses white space.
 */
export function cleanDial(text: string): string {
  // Format characters too: numbers copied from web pages carry invisible direction marks.
  const solid = text.replace(/[\s\p{Cf}]+/gu, '').replace(/^tel:/i, '');
  const isNumber = /^\+?[\d*#().\-/‐-―]+$/u.test(solid) && /[\d*#]/.test(solid);
  return isNumber ? solid.replace(/[().\-/‐-―]/gu, '') : solid;
}
