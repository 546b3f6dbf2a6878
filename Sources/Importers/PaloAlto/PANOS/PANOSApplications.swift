import ImportKit

/// What the vendor documents about App-IDs.
enum PANOSApplications {
  /// App-IDs of protocols that are neither HTTP nor TLS, so that Defender's traffic is never
  /// recognised as one of them. Every other App-ID stays a condition.
  private static let neverWeb: Set<String> = [
    "dns", "dns-base", "dhcp", "ntp", "ntp-base", "ping", "icmp", "ipv6-icmp", "traceroute", "ssh",
    "telnet", "ftp", "tftp", "smtp", "smtp-base", "pop3", "imap", "snmp", "snmp-base", "snmp-trap",
    "snmpv1", "snmpv2", "snmpv3", "syslog", "ldap", "kerberos", "radius", "tacacs", "tacacs-plus",
    "netbios-dg", "netbios-ns", "netbios-ss", "ms-rdp", "vnc", "vnc-base", "ms-ds-smb",
    "ms-ds-smb-base", "ms-ds-smbv2", "ms-ds-smbv3", "nfs", "sip", "rtp", "rtp-base", "rtcp", "bgp",
    "ospfigp", "rip", "eigrp", "vrrp", "igmp", "pim", "gre", "ipsec", "ipsec-ah", "ipsec-esp",
    "ipsec-esp-udp", "ike", "l2tp", "pptp", "mssql-db", "mysql", "oracle", "postgres", "netflow",
    "sflow", "bittorrent", "msrpc", "msrpc-base", "ms-netlogon", "portmapper", "rsync", "irc",
    "irc-base",
  ]

  /// App-IDs of protocols that run over UDP alone, so that no TCP connection is ever recognised as
  /// one of them. Sources: RFC 9000 (QUIC), RFC 9147 (DTLS), the protocols' own papers.
  private static let neverTCP: Set<String> = ["quic", "quic-base", "dtls", "wireguard", "mosh"]

  /// Why a TCP connection for HTTP or TLS is never recognised as this application; nil where it may
  /// be.
  static func exclusion(_ name: String) -> String? {
    if neverTCP.contains(name) { return "which runs over UDP" }
    return neverWeb.contains(name) ? "which is neither HTTP nor TLS" : nil
  }

  /// Beginnings of App-IDs that can describe HTTP or TLS traffic to Microsoft's hosts or to the
  /// networks that carry it. Which one a firewall picks depends on its content version.
  private static let candidates = [
    "ssl", "tls", "web-browsing", "http", "websocket", "soap", "webdav", "ms-", "microsoft",
    "windows", "azure", "office", "outlook", "sharepoint", "onedrive", "skype", "teams",
    "defender", "bing", "ocsp", "crl", "akamai", "edgecast", "edgio", "limelight", "fastly",
    "unknown", "incomplete", "insufficient-data", "non-syn-tcp", "not-applicable",
  ]

  /// Whether the application is that of another product: an allow for it is never credited. (A deny
  /// for one stays a condition, because firewalls do take one application for another.)
  static func isOtherProduct(_ name: String) -> Bool {
    !candidates.contains { name.hasPrefix($0) }
  }

  /// Default TCP ports of App-IDs as which Defender's traffic is recognised.
  ///
  /// Source: App-ID content of the vendor, release 517-2824 (`applications/entry/default/port`), the
  /// same in Applipedia: `ssl` tcp/443, `ms-spynet` tcp/443, `ms-update` tcp/80,443; `web-browsing`
  /// tcp/80 from "Strict Default Ports for Decrypted Applications" (docs.paloaltonetworks.com,
  /// PAN-OS 9.0 New Features). Names that are not here stay open.
  static let defaultPorts: [(names: [String], ports: PortSet)] = [
    (["ms-spynet", "ssl"], PortSet(443)),
    (["ms-update"], IntervalSet([.init(lower: 80, upper: 80), .init(lower: 443, upper: 443)])),
    (["web-browsing"], PortSet(80)),
  ]

  /// Applications whose encrypted form has a default port of its own from 9.0 on: "strictly enforces
  /// cleartext web-browsing traffic only on port 80 and SSL-tunneled web-browsing traffic only on
  /// port 443" (same source).
  static let securePorts: [(name: String, ports: PortSet)] = [("web-browsing", PortSet(443))]

  static func defaultPorts(of name: String) -> PortSet? {
    defaultPorts.first { $0.names.contains(name) }?.ports
  }
}
