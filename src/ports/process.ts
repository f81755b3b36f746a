// What the server knows of the process it runs in.

export interface ProcessInfo {
  readonly pid: number;
  readonly executableName: string;
  readonly hostName: string;
  readonly cores: number;
  /** Bytes of memory that the machine has, or that the process is held to when that is less. */
  readonly memoryBytes: number;
  /** Bytes in memory now. */
  residentBytes(): number;
  /** Share of one core used since the last call, in percent. */
  cpuPercent(): number;
  environment(name: string): string | undefined;
}
