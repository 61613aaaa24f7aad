import type { ConditionalItem } from '../http/decorators.js';
import type { ChangedItem, ChangesResult } from '../http/results.js';
import type { JsonObject } from '../odata/json/json-value.js';
import type { ODataError } from '../odata/odata-error.js';
import type { Inline } from '../odata/payload/change.js';
import { everything, expandedBy } from '../odata/payload/selection.js';
import { memberPath } from '../odata/uri/entity-path.js';
import type { ConnectionDelta, DeltaOutcome } from './connection-delta.js';
import { connections, connectionsName } from './profiles.model.js';

/** An item of a delta payload as a change of a connection. */
export function connectionDelta(item: ConditionalItem): ConnectionDelta {
  const { target, precondition } = item;
  switch (item.kind) {
    case 'insert':
      return { target, kind: 'insert', entity: item.entity };
    case 'upsert':
      return { target, kind: 'upsert', key: item.key, change: { ...item.change, precondition } };
    case 'delete':
      return { target, kind: 'delete', key: item.key, precondition };
  }
}

/** Core.DataModificationException; its `info` is a Core.MessageType. */
function exceptionOf({ code, message, target, status }: ODataError, failedOperation: string): JsonObject {
  const info = { code, message, severity: 'error', ...(target === undefined ? {} : { target }) };
  return { '@Core.DataModificationException': { failedOperation, responseCode: status, info } };
}

function inlineOf(item: ConditionalItem): Inline {
  if (item.kind === 'insert') return item.entity;
  return item.kind === 'upsert' ? item.change : {};
}

function changedItem(item: ConditionalItem, outcome: DeltaOutcome): ChangedItem {
  const annotations: JsonObject = item.contentId === undefined ? {} : { [item.contentId[0]]: item.contentId[1] };
  const id = outcome.kind === 'done' ? (outcome.connection.id as string) : item.kind === 'insert' ? '' : item.key;
  const about = { path: memberPath(connectionsName, id), key: id === '' ? {} : { id }, annotations };
  switch (outcome.kind) {
    case 'done':
      return { ...about, value: outcome.connection, selection: expandedBy(everything, inlineOf(item)) };
    case 'deleted':
      return { ...about, value: undefined, reason: item.kind === 'delete' ? item.reason : 'deleted' };
    case 'failed': {
      // 11.4.11: what could not be made is said as if it were removed, what could not be removed as if it were there.
      const operation = item.kind === 'delete' && item.reason === 'changed' ? 'unlink' : outcome.operation;
      const failed = { ...annotations, ...exceptionOf(outcome.error, operation) };
      const isReference = outcome.operation !== 'insert';
      return { ...about, value: undefined, reason: 'deleted', isReference, annotations: failed };
    }
  }
}

/** The answer to a delta payload: one item for each of its own, in their order (OData 4.01 Protocol 11.4.11). */
export function deltaResult(
  items: readonly ConditionalItem[],
  outcomes: readonly DeltaOutcome[],
  applied: readonly string[],
): ChangesResult {
  return {
    kind: 'changes',
    type: connections.type,
    set: connectionsName,
    context: connectionsName,
    items: items.flatMap((item, index) => {
      const outcome = outcomes[index];
      return outcome === undefined ? [] : [changedItem(item, outcome)];
    }),
    selection: everything,
    next: undefined,
    delta: undefined,
    pageSize: undefined,
    form: 'graph',
    applied,
    effect: outcomes.some(({ kind }) => kind === 'failed') ? 'failed' : 'updated',
  };
}
