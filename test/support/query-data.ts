import type { TestApp } from './test-app.js';

/** Connections that differ in what queries look at; `d` has no profile, `e` an empty one. */
export const people: Readonly<Record<string, object>> = {
  a: {
    relevanceScore: 0.9,
    profile: {
      firstName: 'Ann',
      lastName: "O'Hara",
      headline: 'Bridge engineer',
      summary: 'Steel & stone; 100% "quality"',
      skills: ['bridges', 'tunnels'],
      emails: ['ann@contoso.example'],
      totalPositionCount: 3,
      totalEducationCount: 2,
      connected: true,
      connectionDegree: 'DISTANCE_1',
      bornOn: { day: 29, month: 2, year: 1980 },
      locale: { language: 'en', country: 'GB' },
      phoneNumbers: [
        { number: '1', type: 'WORK' },
        { number: '2', type: 'HOME' },
        { number: '3', type: 'WORK' },
      ],
      websites: [{ category: 'BLOG', url: 'https://ann.example' }],
      recentPositions: [
        { name: 'Contoso', title: 'Engineer', startEndDate: { start: { year: 2019 } } },
        { name: 'Fabrikam', title: 'Intern', startEndDate: { start: { year: 2010 } } },
      ],
      salesNavigatorInfo: { insights: [{ createdAt: 1700000000000, title: 'News' }] },
    },
  },
  b: {
    relevanceScore: 0.5,
    profile: {
      firstName: 'Bob',
      lastName: 'Müller',
      headline: 'engineer of ships',
      skills: ['ships'],
      totalPositionCount: 1,
      connected: false,
      connectionDegree: 'DISTANCE_2',
      bornOn: { day: 1, month: 6, year: 1990 },
      locale: { language: 'de', country: 'DE', variant: '1901' },
      recentPositions: [{ name: 'Contoso', title: 'Captain' }],
    },
  },
  c: {
    relevanceScore: 'INF',
    profile: { firstName: 'ann', headline: 'Painter', totalPositionCount: 0, connectionDegree: 'SELF', locale: {} },
  },
  d: {},
  e: { relevanceScore: 0.5, profile: {} },
  f: {
    relevanceScore: -1.5,
    profile: { firstName: 'Ünal', lastName: 'Ärger', skills: [], totalPositionCount: 10, connected: true },
  },
};

/** Creates them all. */
export async function createPeople(app: TestApp): Promise<void> {
  for (const [id, person] of Object.entries(people)) {
    const { status, text } = await app.post('/decoratedProfileConnections', { id, ...person });
    if (status !== 201) throw new Error(text);
  }
}
