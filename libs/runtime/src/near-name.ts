/** Shorter ones are near to too much that is no mistake. */
const SHORTEST = 6;

/**
 * Of our names the one that a stranger's was probably meant to be: the same letters with other underscores or in other
 * case, or with one of them wrong, missing, too many or in its neighbour's place.
 */
export function nearName(given: string, ours: readonly string[]): string | undefined {
  const letters = lettersOf(given);
  if (letters.length < SHORTEST - 1) return undefined;
  return ours.find((name) => {
    const own = lettersOf(name);
    return own.length >= SHORTEST && (own === letters || isOneEditAway(own, letters));
  });
}

const lettersOf = (name: string): string => name.replace(/[^A-Za-z0-9]/g, '').toUpperCase();

function isOneEditAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const [restA, restB] = [a.slice(at), b.slice(at)];
  return (
    restA.slice(1) === restB.slice(1) ||
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
  );
}
