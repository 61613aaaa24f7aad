import { enumType, type MemberOf } from '../../odata/model.js';
import { graph } from './schema.js';

export const ConnectionDegree = enumType(
  graph,
  'ConnectionDegree',
  {
    OUT_OF_NETWORK: 'No path of connections leads to the viewee.',
    SELF: 'The viewee is the viewer.',
    DISTANCE_1: 'They are connected.',
    DISTANCE_2: 'They have a connection in common.',
    DISTANCE_3: 'A connection of the one is connected to a connection of the other.',
  },
  { description: 'How far apart viewer and viewee stand in the network.' },
);
export type ConnectionDegree = MemberOf<typeof ConnectionDegree>;

export const PhoneNumberType = enumType(
  graph,
  'PhoneNumberType',
  { WORK: 'At work.', HOME: 'At home.', MOBILE: 'A mobile telephone.' },
  { description: 'What a telephone number is for.' },
);
export type PhoneNumberType = MemberOf<typeof PhoneNumberType>;

export const WebsiteCategory = enumType(
  graph,
  'WebsiteCategory',
  {
    PERSONAL: 'The person.',
    COMPANY: 'The company of the person.',
    BLOG: 'A blog.',
    RSS: 'A feed of news.',
    PORTFOLIO: 'Works of the person.',
    OTHER: 'Something else.',
  },
  { description: 'What a website is about.' },
);
export type WebsiteCategory = MemberOf<typeof WebsiteCategory>;

export const SimpleProfileHighlightType = enumType(
  graph,
  'SimpleProfileHighlightType',
  {
    SharedConnections: 'People whom both know.',
    SharedExperiences: 'Places of work.',
    SharedEducations: 'Places of education.',
    SharedGroups: 'Groups that both belong to.',
  },
  { description: 'What viewer and viewee share.' },
);
export type SimpleProfileHighlightType = MemberOf<typeof SimpleProfileHighlightType>;

export const PositionChangeType = enumType(
  graph,
  'PositionChangeType',
  {
    PROMOTION: 'To a higher position at the same organisation.',
    COMPANY_CHANGE: 'To another organisation.',
    POSITION_CHANGE: 'To another position at the same organisation.',
    ADDITIONAL_POSITION: 'A position beside the one that is kept.',
  },
  { description: 'How a position changed.' },
);
export type PositionChangeType = MemberOf<typeof PositionChangeType>;

export const OverlapType = enumType(
  graph,
  'OverlapType',
  {
    BOTH_CURRENT_VIEWER_STARTED_FIRST: 'Both are there now; the viewer came first.',
    BOTH_CURRENT_VIEWEE_STARTED_FIRST: 'Both are there now; the viewee came first.',
    BOTH_CURRENT_STARTED_IN_SAME_MONTH: 'Both are there now and came in the same month.',
    NOT_BOTH_CURRENT_NO_OVERLAP_VIEWER_STARTED_FIRST: 'The viewer had left before the viewee came.',
    NOT_BOTH_CURRENT_NO_OVERLAP_VIEWEE_STARTED_FIRST: 'The viewee had left before the viewer came.',
    NOT_BOTH_CURRENT_OVERLAP: 'Both were there at one time, and at least one has left.',
  },
  { description: 'How two stays at one place lie to each other in time.' },
);
export type OverlapType = MemberOf<typeof OverlapType>;

export const SalesNavigatorInsightType = enumType(
  graph,
  'SalesNavigatorInsightType',
  {
    IN_NETWORK: 'A change in the network of the person.',
    NEWS_MENTION: 'News that mention the person.',
    POST: 'A post of the person.',
    PUBLISH_ARTICLE: 'An article that the person published.',
    SHARE_ARTICLE: 'An article that the person shared.',
    SHARE_CONTENT: 'Other content that the person shared.',
  },
  { description: 'What an insight was drawn from.' },
);
export type SalesNavigatorInsightType = MemberOf<typeof SalesNavigatorInsightType>;
