import { basename, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../../..');

/** Specs come from the source tree, benchmarks are built into a folder of it. */
export const PROJECT_FOLDER = basename(ROOT) === 'dist' ? resolve(ROOT, '..') : ROOT;
export const BUILT_FOLDER = resolve(PROJECT_FOLDER, 'dist');
