import ImportKit

/// Applications that every device knows without a definition (`show configuration groups
/// junos-defaults applications`). Those that follow a remote-procedure call to its port are left
/// out on purpose: they, and names that are not here, become conditions.
enum JunosPredefined {
  static func services(_ name: String) -> [Service]? {
    guard name.hasPrefix("junos-") else { return nil }
    let key = String(name.dropFirst(6))
    if let ports = tcp[key] { return [.tcp(ports)] }
    if let ports = udp[key] { return [.udp(ports)] }
    if let number = protocols[key] { return [Service(protocol: number)] }
    if key.hasPrefix("icmp6") { return [Service(protocol: 58)] }
    return sets[key]
  }

  private static func one(_ port: UInt16) -> PortSet { PortSet(port) }

  private static let tcp: [String: PortSet] = [
    "ftp": one(21), "ftp-data": one(20), "twamp": one(862), "rtsp": one(554),
    "netbios-session": one(139), "smb-session": one(445), "ssh": one(22), "telnet": one(23),
    "smtp": one(25), "smtps": one(465), "mail": one(25), "tacacs": one(49), "tacacs-ds": one(65),
    "finger": one(79), "http": one(80), "https": one(443), "http-ext": one(7001),
    "pop3": one(110), "pop3s": one(995), "ident": one(113), "nntp": one(119), "imap": one(143),
    "imaps": one(993), "bgp": one(179), "ldap": one(389), "ldaps": one(636), "snpp": one(444),
    "printer": one(515), "lpr": one(515), "nfsd-tcp": one(2049), "cvspserver": one(2401),
    "ldp-tcp": one(646), "xnm-ssl": one(3220), "xnm-clear-text": one(3221),
    "aol": PortSet(5190...5193), "dns-tcp": one(53), "gopher": one(70),
    "internet-locator-service": one(389), "irc": PortSet(6660...6669), "msn": one(1863),
    "ms-sql": one(1433), "ms-rpc-tcp": one(135), "ns-global": one(15397),
    "ns-global-pro": one(15397), "pptp": one(1723), "realaudio": one(554), "rsh": one(514),
    "sccp": one(2000), "sqlnet-v2": one(1521), "sun-rpc-tcp": one(111),
    "sun-rpc-portmap-tcp": one(111), "tcp-any": .full, "wais": one(210), "whois": one(43),
    "winframe": one(1494), "wxcontrol": one(3578), "x-windows": PortSet(6000...6063),
    "snmp-agentx": one(705), "rdp": one(3389),
  ]

  private static let udp: [String: PortSet] = [
    "tftp": one(69), "dhcp-client": one(68), "dhcp-server": one(67), "dhcp-relay": one(67),
    "bootpc": one(68), "bootps": one(67), "ntp": one(123), "biff": one(512), "who": one(513),
    "syslog": one(514), "rip": one(520), "radius": one(1812), "radacct": one(1813),
    "nfsd-udp": one(2049), "nfs": one(111), "ldp-udp": one(646), "ike": one(500),
    "ike-nat": one(4500), "chargen": one(19), "dns-udp": one(53), "discard": one(9),
    "echo": one(7), "gnutella": PortSet(6346...6347), "l2tp": one(1701), "mgcp-ua": one(2427),
    "mgcp-ca": one(2727), "ms-rpc-udp": one(135), "nbname": one(137), "nbds": one(138),
    "ntalk": one(518), "talk": one(517), "pc-anywhere": one(5632), "sql-monitor": one(1434),
    "sun-rpc-udp": one(111), "sun-rpc-portmap-udp": one(111), "udp-any": .full, "uucp": one(540),
    "r2cp": one(28672), "gprs-gtp-c": one(2123), "gprs-gtp-u": one(2152),
    "gprs-gtp-v0": one(3386), "snmp": one(161), "snmp-trap": one(162),
  ]

  private static let protocols: [String: UInt8] = [
    "icmp-all": 1, "icmp-ping": 1, "ping": 1, "pingv6": 58, "gre": 47, "ospf": 89,
    "sctp-any": 132, "gprs-sctp": 132,
  ]

  private static let sets: [String: [Service]] = [
    "smb": [.tcp(one(139)), .tcp(one(445))], "cifs": [.tcp(one(139)), .tcp(one(445))],
    "sip": [.udp(one(5060)), .tcp(one(5060))],
    "mgcp": [.udp(one(2427)), .udp(one(2727))],
    "h323": [
      .tcp(one(1720)), .udp(one(1719)), .tcp(one(1503)), .tcp(one(389)), .tcp(one(522)),
      .tcp(one(1731)),
    ],
    "ms-rpc": [.tcp(one(135)), .udp(one(135))], "sun-rpc": [.tcp(one(111)), .udp(one(111))],
    "routing-inbound": [.tcp(one(179)), .udp(one(520)), .tcp(one(646)), .udp(one(646))],
    "ymsg": [
      .tcp(PortSet(5000...5010)), .tcp(one(5050)), .udp(PortSet(5000...5010)), .udp(one(5050)),
    ],
    "vnc": [.tcp(PortSet(5800...5800)), .tcp(PortSet(5900...5900))],
    "stun": [.udp(PortSet(3478...3479)), .tcp(PortSet(3478...3479))],
    "vdo-live": [.tcp(PortSet(7000...7010)), .udp(PortSet(7000...7010))],
  ]

  /// Port names that a configuration may write in place of numbers.
  static func port(_ name: String) -> UInt16? {
    ports[name.lowercased()]
  }

  private static let ports: [String: UInt16] = [
    "afs": 1483, "bgp": 179, "biff": 512, "bootpc": 68, "bootps": 67, "cmd": 514,
    "cvspserver": 2401, "dhcp": 67, "domain": 53, "eklogin": 2105, "ekshell": 2106, "exec": 512,
    "finger": 79, "ftp": 21, "ftp-data": 20, "http": 80, "https": 443, "ident": 113, "imap": 143,
    "kerberos-sec": 88, "klogin": 543, "kpasswd": 761, "krb-prop": 754, "krbupdate": 760,
    "kshell": 544, "ldap": 389, "ldp": 646, "login": 513, "mobileip-agent": 434,
    "mobilip-mn": 435, "msdp": 639, "netbios-dgm": 138, "netbios-ns": 137, "netbios-ssn": 139,
    "nfsd": 2049, "nntp": 119, "ntalk": 518, "ntp": 123, "pop3": 110, "pptp": 1723,
    "printer": 515, "radacct": 1813, "radius": 1812, "rip": 520, "rkinit": 2108, "smtp": 25,
    "snmp": 161, "snmp-trap": 162, "snpp": 444, "socks": 1080, "ssh": 22, "sunrpc": 111,
    "syslog": 514, "tacacs": 49, "tacacs-ds": 65, "talk": 517, "telnet": 23, "tftp": 69,
    "timed": 525, "who": 513, "xdmcp": 177, "zephyr-clt": 2103, "zephyr-hm": 2104,
  ]
}
