/** What a FarmOps program's exit status means. The names follow sysexits(3) where it has one; scripts may rely on the numbers. */
export const exitCodes = {
  /** The command line was not understood. */
  usage: 64,
  /** What was given to check is not what it should be: a proof, a chain, a key that does not fit. */
  dataInvalid: 65,
  /** The folder is no git repository. */
  notARepository: 66,
  /** The git repository has no commit. */
  emptyRepository: 67,
  /** The git repository was cloned without its history. */
  shallowRepository: 68,
  /** A service that is needed does not answer. */
  unavailable: 69,
  /** A bug of ours. */
  software: 70,
  /** Another program listens on the port. */
  portInUse: 71,
  /** A newer version made the data. */
  dataNewer: 72,
  /** The database is damaged. */
  corrupted: 73,
  /** A file cannot be read or written. */
  io: 74,
  /** Another process works on the data folder. */
  alreadyRunning: 75,
  /** Permission is missing, or was withdrawn. */
  noPermission: 77,
  /** The configuration is not valid. */
  config: 78
} as const
