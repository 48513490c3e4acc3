import { Problem } from '#libs/runtime';
import { REQUEST_LIMITS } from '#libs/wire';

export function eventTooLarge(): Problem {
  return new Problem('too_large', `An event is at most ${REQUEST_LIMITS.eventBytes / 1024} KiB.`);
}
