import { type BatchItem, requestsOf } from './batch-request.js';

/** About how many bytes an item takes beside its bodies. */
const overhead = 512;

function sizeOf(item: BatchItem): number {
  return requestsOf(item).reduce((sum, { body }) => sum + overhead + (body?.length ?? 0), 0);
}

/**
 * Reads a batch before anything of it is run: whole where it is not larger than a bound, so that one that is not
 * well-formed does nothing; up to the bound where it is. What follows is read as it is run.
 * @throws what the reading throws, within the bound
 */
export async function prefetch(
  items: AsyncGenerator<BatchItem, void>,
  bytes: number,
): Promise<AsyncGenerator<BatchItem, void>> {
  const held: BatchItem[] = [];
  let size = 0;
  while (size < bytes) {
    const { done, value } = await items.next();
    if (done === true) break;
    held.push(value);
    size += sizeOf(value);
  }
  return heldFirst(held, items);
}

async function* heldFirst(held: BatchItem[], items: AsyncGenerator<BatchItem, void>): AsyncGenerator<BatchItem, void> {
  try {
    for (let item = held.shift(); item !== undefined; item = held.shift()) yield item;
    yield* items;
  } finally {
    await items.return();
  }
}
