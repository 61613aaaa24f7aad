/** Where the process stands between start and stop. */
export class Lifecycle {
  /** Set once the process was told to stop; it serves what is in flight and takes no new work. */
  stopping = false;
}
