// The files by which others find a running server: its process id, and the addresses it listens on.

import type { ListenOptions } from "../config/options.ts";
import type { Disk } from "../ports/disk.ts";
import type { Network } from "../ports/network.ts";
import type { ProcessInfo } from "../ports/process.ts";

const ownerOnly = 0o600;
const everybodyReads = 0o644;

/** What is listened on; a null is left out. */
export interface OpenPorts {
  readonly client: ListenOptions;
  readonly monitor: ListenOptions | null;
  readonly websocket: ListenOptions | null;
}

export class DiscoveryFiles {
  readonly #disk: Disk;
  readonly #network: Network;
  readonly #process: ProcessInfo;
  #pidFile: string | null = null;
  #portsFile: string | null = null;

  constructor(disk: Disk, network: Network, process: ProcessInfo) {
    this.#disk = disk;
    this.#network = network;
    this.#process = process;
  }

  /** Throws DiskError when it cannot be written. */
  writePid(path: string): void {
    this.#disk.writeText(path, String(this.#process.pid), ownerOnly);
    this.#pidFile = path;
  }

  /** Throws DiskError when it cannot be written. */
  writePorts(folder: string, ports: OpenPorts): void {
    const { executableName, pid } = this.#process;
    const path = `${folder}/${executableName}_${pid}.ports`;
    const body = {
      nats: this.#urls("nats", ports.client),
      ...(ports.monitor === null ? {} : { monitoring: this.#urls("http", ports.monitor) }),
      ...(ports.websocket === null ? {} : { websocket: this.#urls("ws", ports.websocket) }),
    };
    const draft = `${path}.new`;
    this.#disk.writeText(draft, JSON.stringify(body), everybodyReads);
    this.#disk.rename(draft, path);
    this.#portsFile = path;
  }

  removePid(): void {
    this.#remove(this.#pidFile);
    this.#pidFile = null;
  }

  removePorts(): void {
    this.#remove(this.#portsFile);
    this.#portsFile = null;
  }

  #remove(path: string | null): void {
    if (path !== null && this.#disk.exists(path)) {
      this.#disk.remove(path);
    }
  }

  #urls(scheme: string, { host, port }: ListenOptions): string[] {
    const isAny = host === "0.0.0.0" || host === "::" || host === "";
    const hosts = isAny ? this.#network.interfaceAddresses() : [host];
    return hosts.map((name) => `${scheme}://${bracketed(name)}:${port}`);
  }
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
