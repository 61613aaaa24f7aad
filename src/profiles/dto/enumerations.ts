import { enumType } from '../../odata/edm/declarations.js';
import type { MemberOf } from '../../odata/edm/schema.js';
import { graph } from './schema.js';

/** How far apart viewer and viewee stand in the network. */
export const ConnectionDegree = enumType(graph, 'ConnectionDegree', [
  'OUT_OF_NETWORK',
  'SELF',
  'DISTANCE_1',
  'DISTANCE_2',
  'DISTANCE_3',
]);
export type ConnectionDegree = MemberOf<typeof ConnectionDegree>;

/** What a telephone number is for. */
export const PhoneNumberType = enumType(graph, 'PhoneNumberType', ['WORK', 'HOME', 'MOBILE']);
export type PhoneNumberType = MemberOf<typeof PhoneNumberType>;

/** What a website is about. */
export const WebsiteCategory = enumType(graph, 'WebsiteCategory', [
  'PERSONAL',
  'COMPANY',
  'BLOG',
  'RSS',
  'PORTFOLIO',
  'OTHER',
]);
export type WebsiteCategory = MemberOf<typeof WebsiteCategory>;

/** What viewer and viewee share. */
export const SimpleProfileHighlightType = enumType(graph, 'SimpleProfileHighlightType', [
  'SharedConnections',
  'SharedExperiences',
  'SharedEducations',
  'SharedGroups',
]);
export type SimpleProfileHighlightType = MemberOf<typeof SimpleProfileHighlightType>;

/** How a position changed. */
export const PositionChangeType = enumType(graph, 'PositionChangeType', [
  'PROMOTION',
  'COMPANY_CHANGE',
  'POSITION_CHANGE',
  'ADDITIONAL_POSITION',
]);
export type PositionChangeType = MemberOf<typeof PositionChangeType>;

/** How two stays at one place lie to each other in time. */
export const OverlapType = enumType(graph, 'OverlapType', [
  'BOTH_CURRENT_VIEWER_STARTED_FIRST',
  'BOTH_CURRENT_VIEWEE_STARTED_FIRST',
  'BOTH_CURRENT_STARTED_IN_SAME_MONTH',
  'NOT_BOTH_CURRENT_NO_OVERLAP_VIEWER_STARTED_FIRST',
  'NOT_BOTH_CURRENT_NO_OVERLAP_VIEWEE_STARTED_FIRST',
  'NOT_BOTH_CURRENT_OVERLAP',
]);
export type OverlapType = MemberOf<typeof OverlapType>;

/** What an insight was drawn from. */
export const SalesNavigatorInsightType = enumType(graph, 'SalesNavigatorInsightType', [
  'IN_NETWORK',
  'NEWS_MENTION',
  'POST',
  'PUBLISH_ARTICLE',
  'SHARE_ARTICLE',
  'SHARE_CONTENT',
]);
export type SalesNavigatorInsightType = MemberOf<typeof SalesNavigatorInsightType>;
