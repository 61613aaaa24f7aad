/**
 * What an error answer says, and of what (OData 4.01 JSON 21.1).
 * @typedef {{ message: string, target: string | undefined, position: number | undefined }} Fault
 */

/**
 * The faults of an answer, each with its target: the details where there are some, else the error itself.
 * @param {{ status: number, json: unknown, text: string }} answer @returns {Fault[]} empty where it is no error
 */
export function faultsOf({ status, json, text }) {
  if (status < 400) return [];
  const error = /** @type {any} */ (json)?.error;
  if (typeof error?.message !== 'string')
    return [
      { message: text.slice(0, 500) || `The service answered with ${status}.`, target: undefined, position: undefined },
    ];
  const details = Array.isArray(error.details) ? error.details : [];
  return (details.length > 0 ? details : [error]).map((/** @type {any} */ one) => ({
    message: String(one.message),
    target: typeof one.target === 'string' ? one.target : undefined,
    position: typeof error.innerError?.position === 'number' ? error.innerError.position : undefined,
  }));
}
