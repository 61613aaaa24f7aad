import type { Answer, RequestOptions, TestApp } from './test-app.js';

/** One request of a batch, as a test writes it. */
export interface TestPart {
  readonly id?: string;
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A part, or a change set. */
export type TestItem = TestPart | readonly TestPart[];

/** An answer in a batch. */
export interface TestAnswer {
  readonly id: string | undefined;
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: any;
}

function lines(...all: readonly string[]): string {
  return all.join('\r\n');
}

function http({ id, method = 'GET', url, headers = {}, body }: TestPart): string {
  const type = body === undefined || typeof body === 'string' ? {} : { 'Content-Type': 'application/json' };
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  return lines(
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    ...(id === undefined ? [] : [`Content-ID: ${id}`]),
    '',
    `${method} ${url} HTTP/1.1`,
    ...Object.entries({ ...type, ...headers }).map(([name, value]) => `${name}: ${value}`),
    '',
    text,
  );
}

/** The body of a multipart batch, as the specification writes one. */
export function multipart(items: readonly TestItem[], boundary = 'batch_1'): string {
  const parts = items.map((item, index) => {
    if (!Array.isArray(item)) return http(item as TestPart);
    const inner = `changeset_${index}`;
    const set = item as readonly TestPart[];
    return lines(
      `Content-Type: multipart/mixed; boundary=${inner}`,
      '',
      ...set.flatMap((part) => [`--${inner}`, http(part)]),
      `--${inner}--`,
      '',
    );
  });
  return lines(...parts.flatMap((part) => [`--${boundary}`, part]), `--${boundary}--`, '');
}

/** Sends a multipart batch. */
export function sendMultipart(
  app: TestApp,
  items: readonly TestItem[] | string,
  { headers, ...options }: RequestOptions = {},
): Promise<Answer> {
  const body = typeof items === 'string' ? items : multipart(items);
  const type = { 'content-type': 'multipart/mixed; boundary=batch_1' };
  return app.request('POST', '/$batch', { ...options, headers: { ...type, ...headers }, body });
}

/** Sends a JSON batch of these requests. */
export function sendJson(app: TestApp, requests: unknown, options: RequestOptions = {}): Promise<Answer> {
  return app.request('POST', '/$batch', { ...options, body: { requests } });
}

function split(text: string, contentType: string): string[] {
  const [, boundary] = /boundary=([^;]+)$/.exec(contentType) ?? [];
  const pieces = text.split(`--${boundary!}`);
  if (!pieces.at(-1)!.startsWith('--')) throw new Error('The answer has no end');
  return pieces.slice(1, -1).map((piece) => piece.replace(/^\r\n/, '').replace(/\r\n$/, ''));
}

function headersIn(text: string): Record<string, string> {
  const pairs = text.split('\r\n').map((line) => /^([^:]+): (.*)$/.exec(line)!.slice(1) as [string, string]);
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
}

function behindBlankLine(text: string): [string, string] {
  const at = text.indexOf('\r\n\r\n');
  return [text.slice(0, at), text.slice(at + 4)];
}

/** The answers of a multipart answer; those of a change set that was done as a list in the list. */
export function answersIn(text: string, contentType: string): (TestAnswer | TestAnswer[])[] {
  return split(text, contentType).map((piece) => {
    const [outer, content] = behindBlankLine(piece);
    const part = headersIn(outer);
    if (part['content-type']!.startsWith('multipart/mixed')) {
      return answersIn(content, part['content-type']!) as TestAnswer[];
    }
    const [head, body] = behindBlankLine(content);
    const [first, ...rest] = head.split('\r\n');
    const headers = headersIn(rest.join('\r\n'));
    return {
      id: part['content-id'],
      status: Number(first!.split(' ')[1]),
      headers,
      text: body,
      body: headers['content-type']?.startsWith('application/json') ? JSON.parse(body) : undefined,
    };
  });
}

/** The answers of a multipart batch. */
export function multipartAnswers({ text, headers }: Answer): (TestAnswer | TestAnswer[])[] {
  return answersIn(text, headers.get('content-type')!);
}

/** What each answer says: its status, those of a change set as a list. */
export function statuses(answers: readonly (TestAnswer | TestAnswer[])[]): (number | number[])[] {
  return answers.map((answer) => (Array.isArray(answer) ? answer.map(({ status }) => status) : answer.status));
}
