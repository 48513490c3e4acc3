/** What a scrape has: the names of its series, each with the labels they carry. */
export function seriesOf(scraped: string): ReadonlyMap<string, ReadonlySet<string>> {
  const series = new Map<string, Set<string>>();
  for (const [, name, labels = ''] of scraped.matchAll(/^([a-z_]\w*)(?:\{(.*)\})? \S+$/gm)) {
    const known = series.get(name!) ?? new Set();
    for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label!);
    series.set(name!, known);
  }
  return series;
}

/** What an expression asks for: each metric, with the labels that it selects by. */
export function selectorsIn(expression: string): { name: string; labels: string[] }[] {
  const plain = expression.replace(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, ' ');
  const found = plain.matchAll(/([a-zA-Z_:][\w:]*)(\{[^}]*\})?(?!\w|\s*\()/g);
  return [...found]
    .filter(([, name]) => /[_:]/.test(name!) && !name!.startsWith('__'))
    .map(([, name, labels = '']) => ({
      name: name!,
      labels: [...labels.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!),
    }));
}

/** The labels that an expression groups by. */
export function groupedBy(expression: string): string[] {
  return [...expression.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, labels]) =>
    labels!.split(',').map((label) => label.trim()),
  );
}
