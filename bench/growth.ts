/**
 * Measures how the service grows: `npm run bench:growth [-- --rows 10000,100000,1000000 --connections 1,16,64,256 --seconds 3]`.
 *
 * Rows of about 2 kB are imported into a new SQLite file and into a new PostgreSQL; then a process is started, and GET by id,
 * PATCH of a property, and a list of twenty that an index finds are measured: each number of rows at 16 connections, and each number
 * of connections with the fewest rows. A million rows take some minutes to import, and gigabytes beside the temporary files.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { PostgresServer } from '../test/support/postgres-server.ts';
import { load, type MakeRequest, profilePath } from './load.ts';
import { Service } from './service.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000,100000' },
    connections: { type: 'string', default: '1,16,64,256' },
    seconds: { type: 'string', default: '3' },
  },
});
const numbers = (text: string): readonly number[] => text.split(',').map(Number);
const seconds = Number(values.seconds);
const words =
  'alpha bravo carbon delta ember fjord granite harbor indigo jasper kestrel lumen meadow nectar onyx prism'.split(' ');
const text = (from: number, length: number): string =>
  Array.from({ length }, (_, at) => words[(from * 7 + at * 5 + (from >> 4) * at) % words.length]).join(' ');

/** A line of an archive, see `npm run export`. */
function line(number: number, rows: number): string {
  const version = 1_700_000_000_000 + number;
  const position = (at: number) => ({
    name: text(number + at, 2),
    title: text(number - at, 2),
    description: text(at, 20),
  });
  const profile = {
    id: `c${number}`,
    firstName: words[number % words.length],
    lastName: text(number, 2),
    headline: text(number, 8),
    industryName: `Industry ${number % (rows / 20)}`,
    summary: text(number + 1, 60),
    location: text(number + 2, 3),
    totalPositionCount: number % 12,
    recentPositions: [1, 2, 3].map(position),
    skills: text(number + 3, 6).split(' '),
    emails: [`c${number}@example.com`],
  };
  const at = new Date(version).toISOString();
  return JSON.stringify({
    set: 'decoratedProfileConnections',
    tenant: 'tenant',
    owner: 'owner',
    version,
    versions: { profile: version },
    createdAt: at,
    modifiedAt: at,
    entity: { id: `c${number}`, relevanceScore: (number % 1000) / 1000, profile },
  });
}

async function writeArchive(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path);
  for (let number = 0; number < rows; number++) {
    if (!file.write(`${line(number, rows)}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}

let written = 0;
const kinds = (rows: number): Readonly<Record<string, MakeRequest>> => {
  const any = (): string => profilePath(Math.floor(Math.random() * rows));
  return {
    GET: () => ({ method: 'GET', path: any() }),
    PATCH: () => ({ method: 'PATCH', path: any(), body: `{"headline":"${++written}"}` }),
    list: () => ({
      method: 'GET',
      path: `/v1.0/decoratedProfileConnections?$top=20&$expand=profile&$filter=profile/industryName%20eq%20'Industry%20${Math.floor((Math.random() * rows) / 20)}'`,
    }),
  };
};

const folder = mkdtempSync(join(tmpdir(), 'growth-'));
const archive = join(folder, 'rows.ndjson');
const [fewest = 10_000, ...more] = numbers(values.rows);
try {
  console.log('store       rows  connections  kind   per second  p99, ms  µs of cpu');
  for (const rows of [fewest, ...more]) {
    await writeArchive(archive, rows);
    for (const store of ['sqlite', 'postgres'] as const) {
      const server = store === 'postgres' ? await PostgresServer.start() : undefined;
      const url = server?.url ?? join(folder, `${rows}.sqlite`);
      const program = new URL('../dist/commands/import.js', import.meta.url).pathname;
      execFileSync(process.execPath, [program, archive], {
        env: { ...process.env, DATABASE_URL: url },
        stdio: 'ignore',
      });
      const service = await Service.start(3831, { url });
      for (const connections of rows === fewest ? numbers(values.connections) : [16]) {
        for (const [kind, make] of Object.entries(kinds(rows))) {
          await load(service, make, { connections, seconds: 1 });
          const { perSecond, p99, cpu } = await load(service, make, { connections, seconds });
          const cells = [perSecond.toFixed(0).padStart(11), p99.toFixed(0).padStart(8), cpu.toFixed(0).padStart(10)];
          console.log(
            `${store.padEnd(9)} ${`${rows}`.padStart(6)} ${`${connections}`.padStart(12)}  ${kind.padEnd(5)} ${cells.join(' ')}`,
          );
        }
      }
      await service.stop();
      await server?.discard();
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
