/**
 * What programs that answer no requests use of the engine: a store, and archives of it. Nothing of HTTP is loaded, so that
 * they start quickly.
 */
export { didYouMean } from './protocol/query/nearest.js';
export type { RequestBegin, RequestEnd, RequestObserver, StatementEnd, StoreObserver } from './observer.js';
export { AggregateStore, type StandbyLoad, type StoreLoad, StoreUnavailableError } from './store/aggregate-store.js';
export { AbandonedError } from './work.js';
export { BackupError, FileAccessError } from './store/file-errors.js';
export type { HistoryQuery, LoggedChange } from './store/change-log.js';
export {
  backUpFile,
  checkStoreUrl,
  isStoreOfMany,
  openStore,
  restoreFile,
  type StoreOptions,
} from './store/open-store.js';
export { MediaFolder } from './store/media-folder.js';
export type { MediaPlace } from './store/media-store.js';
export { StoreOutdatedError, StoreSetupError } from './store/store-setup-error.js';
export { ArchiveLineError } from './transfer/archive-line.js';
export { exportArchive } from './transfer/export-archive.js';
export { importArchive } from './transfer/import-archive.js';
export { Progress } from './transfer/progress.js';
