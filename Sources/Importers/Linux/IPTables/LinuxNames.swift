import ImportKit

/// Names for ports as Linux tools take them from `/etc/services`; the numbers are those of the IANA
/// registry.
enum LinuxNames {
  /// `443`, `https`, `1024:65535`, `:1023`, `1024:` or `8000-8010`; nil for anything else.
  static func ports(_ text: String) -> PortSet? {
    let separator: Character = text.contains(":") ? ":" : "-"
    if let port = port(text) { return PortSet(port) }
    guard let middle = text.firstIndex(of: separator) else { return nil }
    let low = text[..<middle]
    let high = text[text.index(after: middle)...]
    guard let first = low.isEmpty ? 0 : port(String(low)),
      let last = high.isEmpty ? UInt16.max : port(String(high)), first <= last
    else { return nil }
    return PortSet(first...last)
  }

  static func port(_ text: String) -> UInt16? {
    if let number = UInt16(text), text.first?.isNumber ?? false { return number }
    return services[text.lowercased()]
  }

  private static let services: [String: UInt16] = [
    "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "mail": 25, "time": 37,
    "whois": 43, "domain": 53, "bootps": 67, "bootpc": 68, "tftp": 69, "finger": 79, "http": 80,
    "www": 80, "www-http": 80, "kerberos": 88, "pop3": 110, "sunrpc": 111, "portmapper": 111,
    "auth": 113, "ident": 113, "nntp": 119, "ntp": 123, "epmap": 135, "loc-srv": 135,
    "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139, "imap": 143, "imap2": 143,
    "snmp": 161, "snmptrap": 162, "snmp-trap": 162, "bgp": 179, "irc": 194, "ldap": 389,
    "svrloc": 427, "https": 443, "microsoft-ds": 445, "kpasswd": 464, "isakmp": 500, "syslog": 514,
    "printer": 515, "submission": 587, "submissions": 465, "smtps": 465, "ipp": 631, "ldaps": 636,
    "domain-s": 853, "rsync": 873, "ftps": 990, "imaps": 993, "pop3s": 995, "socks": 1080,
    "openvpn": 1194, "ms-sql-s": 1433, "ms-sql-m": 1434, "l2f": 1701, "l2tp": 1701, "pptp": 1723,
    "radius": 1812, "radius-acct": 1813, "nfs": 2049, "squid": 3128, "mysql": 3306,
    "ms-wbt-server": 3389, "ipsec-nat-t": 4500, "sip": 5060, "sips": 5061, "xmpp-client": 5222,
    "mdns": 5353, "postgresql": 5432, "x11": 6000, "http-alt": 8080, "webcache": 8080,
  ]
}
