/** A position with every property. */
const position = {
  '@odata.type': 'microsoft.graph.Position',
  name: 'Contoso',
  logo: 'https://contoso.example/logo.png',
  url: 'https://contoso.example',
  location: 'Leeds',
  title: 'Engineer',
  startEndDate: {
    '@odata.type': 'microsoft.graph.DateRange',
    start: { '@odata.type': 'microsoft.graph.Date', day: 1, month: 2, year: 2019 },
    end: { '@odata.type': 'microsoft.graph.Date', day: null, month: 5, year: 2024 },
  },
  description: 'Built bridges.\nAnd tunnels: “two”, 🚇.',
};

/** A place that viewer and viewee share. */
const shared = {
  name: 'Leeds',
  logo: 'https://leeds.example/logo.png',
  url: 'https://leeds.example',
  location: 'Leeds',
  overlapInfo: {
    '@odata.type': 'microsoft.graph.OverlapInfo',
    detail: {
      '@odata.type': 'microsoft.graph.OverlapInfoDetail',
      dateRange: { '@odata.type': 'microsoft.graph.DateRange', start: null, end: null },
      duration: { '@odata.type': 'microsoft.graph.Duration', numDays: 1, numMonths: 2, numYears: 3 },
    },
    overlapType: 'NOT_BOTH_CURRENT_OVERLAP',
  },
};

/**
 * The request body of the first operation, with a real value for every property of the entity and of every complex type.
 * `@odata.type` stands on every structured value, with `#` on the entity and without it inside, as clients send it.
 */
export const seedProfile = {
  '@odata.type': '#microsoft.graph.DecoratedProfile',
  profileUrl: 'https://profiles.example/ann',
  firstName: 'Ann',
  lastName: "O'Hara",
  headline: 'Engineer at Contoso',
  industryName: 'Construction',
  summary: 'Bridges.',
  location: 'Leeds',
  picture: 'https://profiles.example/ann.png',
  recentPositions: [position],
  totalPositionCount: 1,
  recentEducations: [
    {
      '@odata.type': 'microsoft.graph.Education',
      name: 'Leeds',
      logo: 'https://leeds.example/logo.png',
      url: 'https://leeds.example',
      location: 'Leeds',
      degreeName: 'MEng',
      startEndDate: { '@odata.type': 'microsoft.graph.DateRange', start: null, end: null },
      fieldOfStudy: 'Civil engineering',
      description: null,
    },
  ],
  totalEducationCount: 1,
  skills: ['bridges', 'tunnels'],
  emails: ['ann@contoso.example'],
  phoneNumbers: [
    { '@odata.type': 'microsoft.graph.PhoneNumber', number: '+44 113 496 0000', extension: '7', type: 'WORK' },
  ],
  ims: [{ '@odata.type': 'microsoft.graph.IM', id: 'ann', provider: 'Contoso Chat' }],
  websites: [{ '@odata.type': 'microsoft.graph.liWebsite', category: 'BLOG', url: 'https://ann.example' }],
  bornOn: { '@odata.type': 'microsoft.graph.Date', day: 29, month: 2, year: null },
  locale: { '@odata.type': 'microsoft.graph.Locale', language: 'en', country: 'GB', variant: 'oed' },
  connection: { '@odata.type': 'microsoft.graph.Connection', count: 500, countObfuscated: true },
  connected: true,
  connectionDegree: 'DISTANCE_1',
  invitationSentFromViewer: false,
  pendingInvitationSentFromViewee: {
    '@odata.type': 'microsoft.graph.liInvitation',
    invitationId: 'i-1',
    validationToken: 't-1',
  },
  simpleProfileHighlights: [
    {
      '@odata.type': 'microsoft.graph.SimpleProfileHighlight',
      title: 'You both know Bob',
      detail: 'and 3 others',
      type: 'SharedConnections',
      picture: 'https://profiles.example/bob.png',
      link: 'https://profiles.example/ann/shared',
    },
  ],
  profileHighlights: [
    {
      '@odata.type': 'microsoft.graph.DecoratedProfileProfileHighlights',
      birthday: {
        '@odata.type': 'microsoft.graph.Birthday',
        celebratedOn: { '@odata.type': 'microsoft.graph.Date', day: 1, month: 3, year: null },
      },
      meetNewHire: {
        '@odata.type': 'microsoft.graph.MeetNewHire',
        name: 'Contoso',
        logo: null,
        url: null,
        location: 'Leeds',
        hiredOn: { '@odata.type': 'microsoft.graph.Date', day: 1, month: 2, year: 2019 },
      },
      positionChange: {
        '@odata.type': 'microsoft.graph.PositionChange',
        newPosition: position,
        oldPosition: position,
        positionChangeType: 'PROMOTION',
      },
      sharedConnections: {
        '@odata.type': 'microsoft.graph.SharedConnections',
        topSharedConnections: [
          { '@odata.type': 'microsoft.graph.SharedConnection', firstName: 'Bob', lastName: 'B.', picture: null },
        ],
        totalCount: 4,
        sharedConnectionPage: 'https://profiles.example/ann/shared',
      },
      sharedEducations: {
        '@odata.type': 'microsoft.graph.SharedEducations',
        sharedEducations: [{ '@odata.type': 'microsoft.graph.SharedEducation', ...shared }],
      },
      sharedExperiences: {
        '@odata.type': 'microsoft.graph.SharedExperiences',
        sharedExperiences: [{ '@odata.type': 'microsoft.graph.SharedExperience', ...shared }],
      },
      workAnniversary: {
        '@odata.type': 'microsoft.graph.WorkAnniversary',
        name: 'Contoso',
        logo: null,
        url: null,
        location: null,
        startedOn: { '@odata.type': 'microsoft.graph.Date', day: 1, month: 2, year: 2019 },
        numberOfYears: 5,
      },
    },
  ],
  viewerCanConnectViewee: true,
  viewerCanFollowViewee: false,
  salesNavigatorInfo: {
    '@odata.type': 'microsoft.graph.SalesNavigatorInfo',
    profileUrl: 'https://sales.example/ann',
    teamlinkInfo: {
      '@odata.type': 'microsoft.graph.SalesNavigatorTeamlinkInfo',
      countOfTotalTeamlinkConnections: 2,
      teamlinkSearchUrl: 'https://sales.example/search',
      topTeamlinks: [
        {
          '@odata.type': 'microsoft.graph.SalesNavigatorPersonInfo',
          firstName: 'Bob',
          lastName: 'B.',
          url: 'https://sales.example/bob',
          photoUrl: null,
        },
      ],
    },
    insights: [
      {
        '@odata.type': 'microsoft.graph.SalesNavigatorInsight',
        createdAt: 1700000000000,
        insightType: 'NEWS_MENTION',
        title: 'In the news',
        detail: 'A bridge opened',
        insightUrl: 'https://news.example/1',
        photoUrl: null,
        person: {
          '@odata.type': 'microsoft.graph.SalesNavigatorPersonInfo',
          firstName: 'Ann',
          lastName: "O'Hara",
          url: null,
          photoUrl: null,
        },
      },
    ],
    savedLead: false,
    savedAccount: {
      '@odata.type': 'microsoft.graph.LinkedInOrganization',
      name: 'Contoso',
      logo: null,
      url: 'https://contoso.example',
      location: 'Leeds',
    },
    contractName: 'Contract 1',
    contractChooserUrl: 'https://sales.example/contracts',
  },
};

/** A payload as the service writes the same value: `@odata.type` with `#`. */
export function withHashes(value: unknown): any {
  if (Array.isArray(value)) return value.map(withHashes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) =>
      name === '@odata.type' ? [name, `#${String(member).replace('#', '')}`] : [name, withHashes(member)],
    ),
  );
}

/** A payload without its control information. */
export function withoutControl(value: unknown): any {
  if (Array.isArray(value)) return value.map(withoutControl);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.includes('@'))
      .map(([name, member]) => [name, withoutControl(member)]),
  );
}
