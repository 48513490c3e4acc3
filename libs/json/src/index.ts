export { checkJsonTree, type TreeLimits } from './check-json-tree';
export { showName } from './fault-path';
export * from './faults';
export * from './read-json';
export { JsonArrayCutter } from './cut-json-array';
export { visibleLines, visibleText } from './visible-text';
