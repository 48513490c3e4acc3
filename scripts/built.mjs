/** The target of `npm run build`: by the time it runs, the launcher has built everything. */
console.log('dist/ is up to date.');
