/// App-IDs of protocols that are neither HTTP nor TLS, so that Defender's traffic is never
/// recognised as one of them. Every other App-ID stays a condition.
enum PANOSApplications {
  private static let neverWeb: Set<String> = [
    "dns", "dhcp", "ntp", "ping", "icmp", "ipv6-icmp", "traceroute", "ssh", "telnet", "ftp", "tftp",
    "smtp", "pop3", "imap", "snmp", "snmp-base", "snmp-trap", "snmpv1", "snmpv2", "snmpv3",
    "syslog",
    "ldap", "kerberos", "radius", "tacacs", "tacacs-plus", "netbios-dg", "netbios-ns", "netbios-ss",
    "ms-rdp", "vnc", "vnc-base", "ms-ds-smb", "ms-ds-smb-base", "ms-ds-smbv2", "ms-ds-smbv3", "nfs",
    "sip", "rtp", "rtp-base", "rtcp", "bgp", "ospfigp", "rip", "eigrp", "vrrp", "igmp", "pim",
    "gre",
    "ipsec", "ipsec-ah", "ipsec-esp", "ipsec-esp-udp", "ike", "l2tp", "pptp", "mssql-db", "mysql",
    "oracle", "postgres", "netflow", "sflow", "bittorrent", "msrpc", "msrpc-base", "ms-netlogon",
    "portmapper", "rsync", "irc", "irc-base",
  ]

  static func isNeverWeb(_ name: String) -> Bool { neverWeb.contains(name) }

  /// Beginnings of App-IDs that can describe HTTP or TLS traffic to Microsoft's hosts or to the
  /// networks that carry it. Which one a firewall picks depends on its content version.
  private static let candidates = [
    "ssl", "tls", "web-browsing", "http", "quic", "websocket", "soap", "webdav", "ms-",
    "microsoft", "windows", "azure", "office", "outlook", "sharepoint", "onedrive", "skype",
    "teams", "defender", "akamai", "edgecast", "unknown", "incomplete", "insufficient-data",
    "non-syn-tcp", "not-applicable",
  ]

  /// Whether a firewall may recognise Defender's traffic as this application.
  static func mayBeDefender(_ name: String) -> Bool {
    candidates.contains { name.hasPrefix($0) }
  }
}
