export default async function globalTeardown(): Promise<void> {
  await Promise.all((globalThis.spendLedgerTestParts ?? []).map((part) => part.stop()));
}
