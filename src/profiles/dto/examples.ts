/** A profile as a client would write it, to show in descriptions. */
export const exampleProfile = {
  '@odata.type': '#microsoft.graph.DecoratedProfile',
  firstName: 'Ann',
  lastName: 'Lee',
  headline: 'Builds bridges',
  industryName: 'Civil engineering',
  location: 'Leeds, United Kingdom',
  profileUrl: 'https://www.example.com/in/ann-lee',
  recentPositions: [
    {
      '@odata.type': '#microsoft.graph.Position',
      name: 'Contoso Bridges',
      title: 'Chief engineer',
      location: 'Leeds',
      startEndDate: { start: { year: 2021, month: 3 } },
    },
  ],
  totalPositionCount: 4,
  skills: ['bridges', 'statics'],
  emails: ['ann@example.com'],
  phoneNumbers: [{ number: '+44 113 496 0000', type: 'WORK' }],
  websites: [{ category: 'BLOG', url: 'https://bridges.example.com' }],
  bornOn: { day: 12, month: 5 },
  locale: { '@odata.type': '#microsoft.graph.Locale', language: 'en', country: 'GB' },
  connection: { count: 500, countObfuscated: true },
  connected: true,
  connectionDegree: 'DISTANCE_1',
};

/** A connection as a client would create it, to show in descriptions. */
export const exampleConnection = {
  '@odata.type': '#microsoft.graph.DecoratedProfileConnection',
  id: 'c1',
  relevanceScore: 0.9,
  profile: exampleProfile,
};
