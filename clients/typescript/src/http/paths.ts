import type { Query } from '../types.js';

/** A path with its query; what is undefined is left out. */
export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.append(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

export function holdPath(holdId: string): string {
  return `/v1/holds/${encodeURIComponent(holdId)}`;
}
