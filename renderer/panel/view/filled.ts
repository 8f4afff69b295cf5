/** Puts details into a sentence of the catalogue: `{host} was found.` */
export function filled(sentence: string, details: Readonly<Record<string, string | number>>, language: string): string {
  const numbers = new Intl.NumberFormat(language);
  return sentence.replace(/\{(\w+)\}/g, (mark, name: string) => {
    if (!Object.hasOwn(details, name)) return mark;
    const value = details[name] ?? '';
    return typeof value === 'number' ? numbers.format(value) : value;
  });
}
