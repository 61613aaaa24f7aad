import { ODataError } from '../odata-error.js';
import type { ODataVersion } from '../versions.js';

const versionText = /^(\d{1,9})\.(\d{1,9})$/;

function parseVersion(text: string, header: string): readonly [major: number, minor: number] {
  const match = versionText.exec(text.trim());
  if (match === null)
    throw new ODataError('invalidVersion', `${header} must be a version such as 4.01.`, { target: header });
  return [Number(match[1]), Number(match[2])];
}

/**
 * The version of the answer: the greatest that the service speaks and the client understands, 4.0 where the client
 * does not say (OData 4.01 Protocol 8.2.7).
 * @throws ODataError 400 where the header is malformed or lower than 4.0
 */
export function answerVersion(maxVersion: string | undefined): ODataVersion {
  if (maxVersion === undefined) return '4.0';
  const [major, minor] = parseVersion(maxVersion, 'OData-MaxVersion');
  if (major > 4 || (major === 4 && minor >= 1)) return '4.01';
  if (major === 4) return '4.0';
  throw new ODataError('invalidVersion', 'The service speaks OData 4.0 and 4.01, not lower versions.', {
    target: 'OData-MaxVersion',
  });
}

/**
 * The version whose rules the request body follows; without a header the lower of OData-MaxVersion and 4.01
 * (OData 4.01 Protocol 8.1.5).
 * @throws ODataError 400 where the header is malformed or no version that the service speaks
 */
export function bodyVersion(version: string | undefined, maxVersion: string | undefined): ODataVersion {
  if (version === undefined) return maxVersion === undefined ? '4.01' : answerVersion(maxVersion);
  const [major, minor] = parseVersion(version, 'OData-Version');
  if (major === 4 && minor <= 1) return minor === 0 ? '4.0' : '4.01';
  throw new ODataError('invalidVersion', 'The service reads bodies of OData 4.0 and 4.01.', {
    target: 'OData-Version',
  });
}

/** The version of an answer to a request whose version headers may be wrong: for error responses. */
export function lenientVersion(maxVersion: string | undefined): ODataVersion {
  try {
    return answerVersion(maxVersion);
  } catch {
    return '4.0';
  }
}
