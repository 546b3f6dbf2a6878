import ImportKit

extension FortiObjects {
  struct PendingService {
    let number: Int
    let entry: FortiEntry
    let isGroup: Bool
  }

  /// The term for a name in `service`.
  mutating func service(_ name: String, at position: SourcePosition) -> ServiceTerm {
    let id = "service/\(name)"
    if let known = draft.objects.service(id) { return .object(known) }
    if let entry = find(name, in: "firewall service custom") {
      if name == "ALL", definition(entry) == [.any],
        entry.unread(ignoring: FortiIrrelevant.object).isEmpty
      {
        return .any
      }
      let number = draft.objects.addService(
        id: id, name: name, kind: "service", position: entry.position)
      queue.add(
        number, .service(PendingService(number: number, entry: entry, isGroup: false)))
      return .object(number)
    }
    if let entry = find(name, in: "firewall service group") {
      let number = draft.objects.addService(
        id: id, name: name, kind: "service group", position: entry.position)
      queue.add(number, .service(PendingService(number: number, entry: entry, isGroup: true)))
      return .object(number)
    }
    if name == "ALL" || name == "ANY" { return .any }
    if let terms = FortiPredefined.services[name] ?? FortiPredefined.group(name) {
      let number = draft.objects.addService(
        id: id, name: name, kind: "predefined service", position: nil)
      draft.objects.setService(number, ServiceList(terms))
      return .object(number)
    }
    return .condition(
      doubt(.unresolved, "service `\(name)` is not in the export", at: position))
  }

  mutating func fill(_ pending: PendingService) {
    let entry = pending.entry
    var terms =
      pending.isGroup
      ? entry.names("member").map { service($0, at: entry.position) } : definition(entry)
    // A service list has no exceptions: what is not understood leaves the service open.
    if let left = entry.leftOver(
      "service `\(entry.key)`", draft, ignoring: FortiIrrelevant.object)
    {
      terms = [.condition(left)]
    }
    draft.objects.setService(pending.number, ServiceList(terms))
  }

  private mutating func definition(_ entry: FortiEntry) -> [ServiceTerm] {
    var terms: [ServiceTerm] = []
    for (name, number) in [
      ("tcp-portrange", Service.tcpNumber), ("udp-portrange", Service.udpNumber),
      ("sctp-portrange", 132),
    ] {
      for text in entry.values(name) { terms.append(portRange(text, number, of: entry)) }
    }
    let hasPorts = !terms.isEmpty
    if hasPorts {
      // What is written for other protocols beside the ports.
      entry.ignore("protocol-number")
      if let word = entry.word("protocol")?.uppercased(), !entry.isNumber("protocol"),
        !["TCP/UDP/SCTP", "TCP/UDP/UDP-LITE/SCTP"].contains(word)
      {
        return [
          .condition(
            doubt(
              .unmodelled, "service `\(entry.key)` has ports and the protocol \(word)",
              at: entry.position))
        ]
      }
    } else {
      terms = [otherProtocol(entry)]
    }
    entry.ignore("udplite-portrange")
    if let word = entry.word("app-service-type"), word != "disable", word != "0" {
      entry.ignore("application", "app-category")
      return [
        .condition(
          doubt(.application, "service `\(entry.key)` is for some applications only"))
      ]
    }
    entry.ignore("application", "app-category")
    // A service may be tied to destinations; whether the host is one of them is then open.
    if let range = entry.word("iprange"), range != "0.0.0.0" {
      return restricted("addresses \(range)", entry)
    }
    if let name = entry.word("fqdn") { return restricted("`\(name)`", entry) }
    return terms
  }

  private func restricted(_ what: String, _ entry: FortiEntry) -> [ServiceTerm] {
    [
      .condition(
        doubt(
          .unmodelled, "service `\(entry.key)` is tied to the destination \(what)",
          at: entry.position))
    ]
  }

  /// `443`, `8000-8080`, either with source ports behind a colon.
  private mutating func portRange(
    _ text: String, _ number: UInt8, of entry: FortiEntry
  ) -> ServiceTerm {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard let destination = parts.first.flatMap({ PortSet(parsing: $0) }) else {
      return .condition(
        doubt(
          .unresolved, "service `\(entry.key)`: port `\(text)` is not readable",
          at: entry.position))
    }
    var source = PortSet.full
    if parts.count == 2 {
      guard let ports = PortSet(parsing: parts[1]) else {
        return .condition(
          doubt(
            .unresolved, "service `\(entry.key)`: source port `\(parts[1])` is not readable",
            at: entry.position))
      }
      // `1-65535` is how FortiOS writes any source port.
      source = ports.isSuperset(of: PortSet(1...65535)) ? .full : ports
    }
    return .service(Service(protocol: number, destinationPorts: destination, sourcePorts: source))
  }

  private mutating func otherProtocol(_ entry: FortiEntry) -> ServiceTerm {
    let word = entry.word("protocol") ?? ""
    // FortiManager's numbers for the words, where they are certain.
    let isCoded = entry.isNumber("protocol")
    switch word.uppercased() {
    case "ICMP": return .service(Service(protocol: 1))
    case "ICMP6": return .service(Service(protocol: 58))
    case "IP":
      guard let text = entry.word("protocol-number") else { return .any }
      guard let number = IPProtocol.number(of: text) else {
        return .condition(
          doubt(
            .unresolved, "service `\(entry.key)`: protocol number `\(text)` is not readable",
            at: entry.position))
      }
      return number == 0 ? .any : .service(Service(protocol: number))
    case "TCP/UDP/SCTP", "TCP/UDP/UDP-LITE/SCTP", "":
      return .condition(
        doubt(
          .unresolved, "service `\(entry.key)` has no ports in the export", at: entry.position))
    case let other:
      let what =
        isCoded
        ? "protocol code \(other) (ask FortiManager with verbose 1)"
        : "protocol \(other), which is for the explicit proxy"
      return .condition(
        doubt(.unmodelled, "service `\(entry.key)` has the \(what)", at: entry.position))
    }
  }
}

/// Services that every FortiGate has from the factory, for exports without the service tables.
/// Source: docs.fortinet.com, FortiOS Administration Guide, "Services"; the backup of a new unit.
enum FortiPredefined {
  static func group(_ name: String) -> [ServiceTerm]? {
    groups[name].map { members in members.flatMap { services[$0] ?? [] } }
  }

  private static func tcp(_ ports: UInt16...) -> ServiceTerm { .service(.tcp(set(ports))) }
  private static func udp(_ ports: UInt16...) -> ServiceTerm { .service(.udp(set(ports))) }
  private static func range(_ ports: ClosedRange<UInt16>) -> ServiceTerm {
    .service(.tcp(PortSet(ports)))
  }
  private static func set(_ ports: [UInt16]) -> PortSet {
    ports.reduce(PortSet()) { $0.union(PortSet($1)) }
  }
  private static let icmp = ServiceTerm.service(Service(protocol: 1))

  static let services: [String: [ServiceTerm]] = [
    "ALL_TCP": [.service(.tcp(PortSet(1...65535)))],
    "ALL_UDP": [.service(.udp(PortSet(1...65535)))],
    "ALL_ICMP": [icmp], "ALL_ICMP6": [.service(Service(protocol: 58))],
    "HTTP": [tcp(80)], "HTTPS": [tcp(443)], "DNS": [tcp(53), udp(53)], "SSH": [tcp(22)],
    "TELNET": [tcp(23)], "FTP": [tcp(21)], "FTP_GET": [tcp(21)], "FTP_PUT": [tcp(21)],
    "SMTP": [tcp(25)], "SMTPS": [tcp(465)], "POP3": [tcp(110)], "POP3S": [tcp(995)],
    "IMAP": [tcp(143)], "IMAPS": [tcp(993)], "NTP": [tcp(123), udp(123)], "PING": [icmp],
    "PING6": [.service(Service(protocol: 58))], "INFO_REQUEST": [icmp], "TIMESTAMP": [icmp],
    "TRACEROUTE": [.service(.udp(PortSet(33434...33535)))], "SNMP": [tcp(161, 162), udp(161, 162)],
    "SYSLOG": [udp(514)], "TFTP": [udp(69)], "RDP": [tcp(3389)], "SMB": [tcp(445)],
    "SAMBA": [tcp(139)], "LDAP": [tcp(389)], "LDAP_UDP": [udp(389)],
    "KERBEROS": [tcp(88, 464), udp(88, 464)],
    "RADIUS": [udp(1812, 1813)], "RADIUS-OLD": [udp(1645, 1646)], "DHCP": [udp(67, 68)],
    "DHCP6": [udp(546, 547)], "NFS": [tcp(111, 2049), udp(111, 2049)],
    "IKE": [udp(500, 4500)], "ESP": [.service(Service(protocol: 50))],
    "AH": [.service(Service(protocol: 51))], "GRE": [.service(Service(protocol: 47))],
    "OSPF": [.service(Service(protocol: 89))], "BGP": [tcp(179)], "RIP": [udp(520)],
    "PPTP": [tcp(1723)], "L2TP": [tcp(1701), udp(1701)], "MYSQL": [tcp(3306)],
    "MS-SQL": [tcp(1433, 1434)], "SQUID": [tcp(3128)], "SOCKS": [tcp(1080), udp(1080)],
    "SIP": [tcp(5060), udp(5060)], "IRC": [range(6660...6669)], "VNC": [range(5900...5900)],
    "DCE-RPC": [tcp(135), udp(135)], "WINS": [tcp(1512), udp(1512)], "NNTP": [tcp(119)],
    "FINGER": [tcp(79)], "GOPHER": [tcp(70)],
    "RSH": [
      .service(
        Service(protocol: 6, destinationPorts: PortSet(514), sourcePorts: PortSet(512...1023)))
    ],
    "NONE": [.service(.tcp(PortSet(0)))],
  ]

  private static let groups: [String: [String]] = [
    "Web Access": ["DNS", "HTTP", "HTTPS"],
    "Email Access": ["DNS", "IMAP", "IMAPS", "POP3", "POP3S", "SMTP", "SMTPS"],
    "Windows AD": ["DCE-RPC", "DNS", "KERBEROS", "LDAP", "LDAP_UDP", "SAMBA", "SMB"],
    "Exchange Server": ["DCE-RPC", "DNS", "HTTPS"],
  ]
}
