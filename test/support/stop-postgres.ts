/** Stops the PostgreSQL that was started for the tests. */
export default async function stopPostgres(): Promise<void> {
  await globalThis.testServer?.discard();
}
