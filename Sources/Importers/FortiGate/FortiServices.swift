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
    if let known = table.service(id) { return .object(known) }
    if let entry = find(name, in: "firewall service custom") {
      if name == "ALL", entry.values("tcp-portrange").isEmpty { return .any }
      let number = table.addService(id: id, name: name, kind: "service", position: entry.position)
      pendingServices.append(PendingService(number: number, entry: entry, isGroup: false))
      return .object(number)
    }
    if let entry = find(name, in: "firewall service group") {
      let number = table.addService(
        id: id, name: name, kind: "service group", position: entry.position)
      pendingServices.append(PendingService(number: number, entry: entry, isGroup: true))
      return .object(number)
    }
    if name == "ALL" || name == "ANY" { return .any }
    if let terms = FortiPredefined.services[name] ?? FortiPredefined.group(name) {
      let number = table.addService(
        id: id, name: name, kind: "predefined service", position: nil)
      table.setService(number, ServiceList(terms))
      return .object(number)
    }
    note(.unresolved, "service `\(name)` is not in the export", at: position)
    return .condition(Condition(.unresolved, "service `\(name)` is not in the export"))
  }

  mutating func fill(_ pending: PendingService) {
    let entry = pending.entry
    if pending.isGroup {
      table.setService(
        pending.number,
        ServiceList(entry.names("member").map { service($0, at: entry.position) }))
    } else {
      table.setService(pending.number, ServiceList(definition(entry)))
    }
  }

  private mutating func definition(_ entry: FortiEntry) -> [ServiceTerm] {
    var terms: [ServiceTerm] = []
    for (name, number) in [
      ("tcp-portrange" as StaticString, Service.tcpNumber), ("udp-portrange", Service.udpNumber),
      ("sctp-portrange", 132),
    ] {
      for text in entry.values(name) { terms.append(portRange(text, number, of: entry)) }
    }
    if terms.isEmpty { terms = [otherProtocol(entry)] }
    // A service may be tied to destinations; whether the host is one of them is then open.
    if let range = entry.word("iprange"), range != "0.0.0.0" {
      return restricted("addresses \(range)", entry)
    }
    if let name = entry.word("fqdn") { return restricted("`\(name)`", entry) }
    return terms
  }

  private mutating func restricted(_ what: String, _ entry: FortiEntry) -> [ServiceTerm] {
    note(
      .unmodelled, "service `\(entry.key)` is tied to the destination \(what)", at: entry.position)
    return [
      .condition(
        Condition(.unmodelled, "service `\(entry.key)` is tied to the destination \(what)"))
    ]
  }

  /// `443`, `8000-8080`, either with source ports behind a colon.
  private mutating func portRange(
    _ text: String, _ number: UInt8, of entry: FortiEntry
  ) -> ServiceTerm {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard let destination = parts.first.flatMap({ PortSet(parsing: $0) }) else {
      note(
        .unresolved, "service `\(entry.key)`: port `\(text)` is not readable", at: entry.position)
      return .condition(
        Condition(.unresolved, "service `\(entry.key)`: port `\(text)` is not readable"))
    }
    var source = PortSet.full
    if parts.count == 2 {
      guard let ports = PortSet(parsing: parts[1]) else {
        return .condition(
          Condition(.unresolved, "service `\(entry.key)`: source port `\(parts[1])`"))
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
      let number = entry.word("protocol-number").flatMap { UInt8($0) } ?? 0
      return .service(Service(protocol: number == 0 ? nil : number))
    case "TCP/UDP/SCTP", "TCP/UDP/UDP-LITE/SCTP", "":
      return .condition(Condition(.unresolved, "service `\(entry.key)` has no ports in the export"))
    case let other:
      let what =
        isCoded
        ? "protocol code \(other) (ask FortiManager with verbose 1)"
        : "protocol \(other), which is for the explicit proxy"
      note(.unmodelled, "service `\(entry.key)` has the \(what)", at: entry.position)
      return .condition(Condition(.unmodelled, "service `\(entry.key)` has the \(what)"))
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

// MARK: - Schedules

extension FortiObjects {
  /// The clause for a schedule; nil where it is always in force.
  mutating func schedule(_ name: String, at position: SourcePosition) -> Clause? {
    if let entry = find(name, in: "firewall schedule recurring") {
      let days = Set(entry.values("day").map { $0.lowercased() })
      let week: Set<String> = [
        "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
      ]
      let start = entry.word("start") ?? "00:00"
      let end = entry.word("end") ?? "00:00"
      // FortiManager without `verbose` writes the days as a bit mask.
      if entry.isNumber("day"), name == "always" { return nil }
      if days == ["none"] { return .never("schedule `\(name)` has no day") }
      // The same time at both ends is the whole day.
      if days.isSuperset(of: week), start == end { return nil }
      let shown = entry.values("day").joined(separator: " ")
      return .requires(
        Condition(
          .schedule, "schedule `\(name)`: \(shown.isEmpty ? "no day" : shown), \(start) to \(end)"))
    }
    if let entry = find(name, in: "firewall schedule onetime") {
      let start = entry.values("start").joined(separator: " ")
      let end = entry.values("end").joined(separator: " ")
      return .requires(Condition(.schedule, "schedule `\(name)`: once, from \(start) to \(end)"))
    }
    if let entry = find(name, in: "firewall schedule group") {
      let members = entry.names("member").joined(separator: ", ")
      return .requires(Condition(.schedule, "schedule group `\(name)`: \(members)"))
    }
    if name == "always" { return nil }
    if name == "none" { return .never("schedule `none` is never in force") }
    note(.unresolved, "schedule `\(name)` is not in the export", at: position)
    return .requires(Condition(.schedule, "schedule `\(name)` is not in the export"))
  }
}
