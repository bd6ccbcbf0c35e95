internal import Glibc
package import Model

/// The unit by which systemd runs a node for a user: it is told when the node is ready and that it
/// is alive, and keeps it away from what it does not need.
package struct SystemdUnit: Sendable {
    package let program: String
    package let home: String

    package init(program: String, home: String) {
        self.program = program
        self.home = home
    }

    package var text: String {
        """
        [Unit]
        Description=BitDust node
        Documentation=https://bitdust.io
        After=network-online.target
        Wants=network-online.target

        [Service]
        Type=notify
        ExecStart=\(SystemdUnit.word(program)) start --quiet --home \(SystemdUnit.word(home))
        ExecReload=/bin/kill -HUP $MAINPID
        Restart=on-failure
        RestartSec=5
        TimeoutStartSec=60
        TimeoutStopSec=15
        WatchdogSec=60
        NotifyAccess=main
        NoNewPrivileges=yes
        PrivateTmp=yes
        ProtectSystem=strict
        ReadWritePaths=\(SystemdUnit.word(home))
        ProtectKernelTunables=yes
        ProtectControlGroups=yes
        RestrictSUIDSGID=yes
        RestrictRealtime=yes
        RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
        LockPersonality=yes
        SystemCallArchitectures=native
        UMask=0077
        LimitNOFILE=16384

        [Install]
        WantedBy=default.target

        """
    }

    /// Writes the unit, and the folders above it.
    ///
    /// - Throws: `BD-FILE`.
    package func write(to path: String) throws(Failure) {
        var made = ""
        for component in path.split(separator: "/").dropLast() {
            made += "/" + component
            mkdir(made, 0o755)
        }
        try HomeFile.write(Array(text.utf8), to: path)
    }

    /// - SeeAlso: systemd.syntax(7), "Quoting": blanks need quotes, percent signs are doubled.
    static func word(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("%", with: "%%").replacing("$", with: "$$")
        return "\"\(escaped)\""
    }
}
