// What -h prints: every flag that is served, and those that are not yet.

const text = `
Usage: PROGRAM [flags]

Server
    -a, --addr, --net HOST           address to listen on (0.0.0.0)
    -p, --port PORT                  port for clients (4222; -1 picks a free one)
    -n, --name, --server_name NAME   name of this server (its id)
    -c, --config FILE                configuration file; flags override what it says
    -t                               check the configuration file, then exit
    -m, --http_port PORT             port of the monitoring pages
    -P, --pid FILE                   write the process id there
        --ports_file_dir FOLDER      write <executable>_<pid>.ports there
        --client_advertise HOST:PORT address that clients are told
        --cluster_name NAME          cluster that weighted mappings see
    -sl,--signal COMMAND[=PID]       signal a running server: ldm, stop, quit, term, reopen, reload;
                                     PID is a number, a number's start with *, or a file holding one

Streams
    -js,--jetstream                  enable JetStream: what it acknowledges is on disk
    -sd,--store_dir FOLDER           where streams are kept

Logging
    -l, --log FILE                   log to a file
    -T, --logtime                    begin lines with the time (true)
        --logtime_utc                in UTC
    -D, --debug                      debug lines
    -V, --trace                      every protocol line
    -VV                              the same, system account included
    -DV, -DVV                        -D with -V, -D with -VV
        --log_size_limit BYTES       begin a new log file beyond this size
        --max_traced_msg_len LENGTH  longest message shown by -V

Authorization
        --user NAME --pass PASSWORD  required of every client
        --auth TOKEN                 required of every client

    -h, --help                       this text
    -v, --version                    version

Known, but not supported yet (a start with one of them is refused)
    -ms,--https_port  -s,--syslog  -r,--remote_syslog
    --tls  --tlscert  --tlskey  --tlsverify  --tlscacert  --help_tls
    --routes  --cluster  --cluster_listen  --cluster_advertise  --no_advertise  --connect_retries
    --profile
`;

export function usage(program: string): string {
  return `${text.replace("PROGRAM", program)}\n`;
}
