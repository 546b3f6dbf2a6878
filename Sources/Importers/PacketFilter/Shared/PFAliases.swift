import ImportKit

/// One alias as the configuration writes it.
struct PFAlias {
  let name: String
  let type: String
  let members: [String]
  let isEnabled: Bool
  let line: Int
}

/// The aliases of a configuration, translated when a rule first uses them.
struct PFAliases {
  var table = ObjectTable()
  var notes: [Note] = []
  private let dialect: PFDialect
  private var aliases: [String: PFAlias] = [:]
  private var ports: [String: PortSet?] = [:]
  private var noted: Set<String> = []

  init(_ list: [PFAlias], dialect: PFDialect) {
    self.dialect = dialect
    for alias in list where !alias.name.isEmpty {
      if aliases[alias.name] != nil {
        notes.append(
          Note(
            .reading, "alias `\(alias.name)` is defined twice; the first is used",
            at: SourcePosition(line: alias.line)))
        continue
      }
      aliases[alias.name] = alias
    }
  }

  /// `aliases/alias` of pfSense and older OPNsense: members stand in one text, divided by blanks.
  /// Hand-made files put them into `content` here, too.
  static func legacy(_ root: XMLElement) -> [PFAlias] {
    root.all("aliases", "alias").map { element in
      let text = element.value("address") ?? element.value("content") ?? ""
      return PFAlias(
        name: element.childText("name") ?? "", type: element.childText("type") ?? "host",
        members: text.split { $0 == " " || $0.isLineFeed }.map(String.init), isEnabled: true,
        line: element.line)
    }
  }

  func contains(_ name: String) -> Bool { aliases[name] != nil }

  func isDisabled(_ name: String) -> Bool { aliases[name].map { !$0.isEnabled } ?? false }

  mutating func note(_ kind: Note.Kind, _ text: String, line: Int) {
    guard noted.insert(text).inserted else { return }
    notes.append(Note(kind, text, at: SourcePosition(line: line)))
  }

  private static let portTypes: Set<String> = ["port", "url_ports", "urltable_ports"]

  // MARK: Addresses

  /// The object of an address alias; nil where there is no such alias.
  mutating func addressObject(_ name: String) -> Int? {
    guard let alias = aliases[name] else { return nil }
    if let known = table.endpoint(name) { return known }
    guard !Self.portTypes.contains(alias.type) else { return nil }
    let number = table.addEndpoint(
      id: name, name: name, kind: "alias (\(alias.type))",
      position: SourcePosition(line: alias.line))
    // An alias that is switched off has an empty table.
    table.setEndpoint(number, alias.isEnabled ? list(alias) : EndpointList([]))
    return number
  }

  private mutating func list(_ alias: PFAlias) -> EndpointList {
    func open(_ kind: Condition.Kind, _ text: String) -> EndpointList {
      EndpointList([.condition(Condition(kind, text))])
    }
    switch alias.type {
    case "urltable", "urljson": return open(.externalList, "URL table alias `\(alias.name)`")
    case "url":
      // pfSense loads the list once, when the alias is saved; `address` then holds what was found.
      // OPNsense keeps the URL and loads it at run time.
      guard dialect == .pfSense, !alias.members.isEmpty else {
        return open(.externalList, "URL alias `\(alias.name)`")
      }
      return memberList(alias)
    case "geoip":
      return EndpointList(
        alias.members.flatMap { $0.split(separator: ",") }.map { .tag("geoip \($0)") })
    case "asn": return EndpointList(alias.members.map { .tag("AS\($0)") })
    case "external", "internal":
      return open(.externalList, "alias `\(alias.name)`, filled at run time")
    case "dynipv6host":
      return open(.unresolved, "alias `\(alias.name)`: hosts in a prefix that the provider assigns")
    case "mac": return open(.unmodelled, "alias `\(alias.name)`: clients by hardware address")
    case "authgroup", "openvpngroup":
      return open(.user, "alias `\(alias.name)`: addresses of the users of a group")
    case "host", "network", "networkgroup", "": return memberList(alias)
    default:
      note(.unmodelled, "alias `\(alias.name)` has the type `\(alias.type)`", line: alias.line)
      return open(.unmodelled, "alias `\(alias.name)` of type `\(alias.type)`")
    }
  }

  /// Members of a table, exceptions taken out.
  ///
  /// In a pf table the entry with the longest prefix counts, so an exception leaves out its own
  /// network, and a longer entry inside it counts again. Source: pf.conf(5), "TABLES".
  private mutating func memberList(_ alias: PFAlias) -> EndpointList {
    var terms: [EndpointTerm] = []
    var exceptions: [EndpointTerm] = []
    var prefixes: [(set: AddressSet, length: Int, isException: Bool)] = []
    let hasExceptions = alias.members.contains { $0.hasPrefix("!") }
    for member in alias.members {
      let isException = member.hasPrefix("!")
      let text = isException ? String(member.dropFirst()) : member
      guard !text.isEmpty else { continue }
      if let set = AddressSet(parsing: text) {
        prefixes.append((set, Self.prefixLength(text), isException))
        continue
      }
      let term = addressTerm(text, alias: alias)
      if isException { exceptions.append(term) } else { terms.append(term) }
    }
    guard hasExceptions else {
      return EndpointList(prefixes.map { .addresses($0.set) } + terms)
    }
    var set = AddressSet()
    for entry in prefixes.sorted(by: { $0.length < $1.length }) {
      set = entry.isException ? set.subtracting(entry.set) : set.union(entry.set)
    }
    // What a name or a nested alias adds may lie inside an exception, or be cut out by one.
    let excluded = prefixes.filter(\.isException).map { EndpointTerm.addresses($0.set) }
    if !terms.isEmpty && !excluded.isEmpty || !exceptions.isEmpty {
      note(
        .unmodelled, "alias `\(alias.name)` mixes names or aliases with exceptions",
        line: alias.line)
      return EndpointList(
        [.addresses(set)] + terms + [
          .condition(Condition(.unmodelled, "exceptions in alias `\(alias.name)`"))
        ])
    }
    return EndpointList([.addresses(set)])
  }

  private static func prefixLength(_ text: String) -> Int {
    guard let slash = text.firstIndex(of: "/") else { return 128 }
    let length = Int(text[text.index(after: slash)...]) ?? 128
    // The two families never meet, so their lengths need not be comparable.
    return length
  }

  private mutating func addressTerm(_ text: String, alias: PFAlias) -> EndpointTerm {
    let line = alias.line
    guard table.enter() else { return .condition(ObjectTable.tooDeep(text)) }
    defer { table.leave() }
    if contains(text), let inner = addressObject(text) { return .object(inner) }
    if TemplateMarker.isPresent(in: text) {
      return unresolved(
        "member `\(text)` of alias `\(alias.name)` is an unfilled template marker", line)
    }
    // Names are resolved by the firewall, every 300 seconds by default; no wildcards. Source:
    // docs.netgate.com, "Using Hostnames in Aliases". A name of digits only is not one.
    if let host = HostName(text), host.labelCount > 1,
      !text.allSatisfy({ $0.isNumber || $0 == "." })
    {
      return .host(.exact(host), .resolved)
    }
    return unresolved(
      "member `\(text)` of alias `\(alias.name)` is not an address, name or alias", line)
  }

  private mutating func unresolved(_ text: String, _ line: Int) -> EndpointTerm {
    note(.unresolved, text, line: line)
    return .condition(Condition(.unresolved, text))
  }

  // MARK: Ports

  /// The ports that a rule's port field means.
  enum Ports {
    case set(PortSet)
    case object(Int)
    /// Neither a number nor a known alias: the products leave such a rule out.
    case unresolvable
  }

  mutating func ports(_ text: String) -> Ports {
    if text.isEmpty || text == "any" { return .set(.full) }
    if let set = portSet(text) { return .set(set) }
    guard let number = portObject(text) else { return .unresolvable }
    return .object(number)
  }

  /// A number, a range, or a service name where the product takes one.
  private func portSet(_ text: String) -> PortSet? {
    if let set = PortSet(parsing: text) { return set }
    guard dialect == .opnSense else { return nil }
    if let port = PFWellKnownPorts.number(text) { return PortSet(port) }
    // "convert 'any' to upper or lower bound when provided in range" (OPNsense, Rule.php).
    let bounds = text.split(separator: "-", omittingEmptySubsequences: false)
    guard bounds.count == 2 else { return nil }
    let lower = bounds[0] == "any" ? "1" : String(bounds[0])
    let upper = bounds[1] == "any" ? "65535" : String(bounds[1])
    return PortSet(parsing: "\(lower)-\(upper)")
  }

  /// Every port of a field, where the export settles it.
  mutating func settledPorts(_ text: String) -> PortSet? {
    if text.isEmpty || text == "any" { return .full }
    if let set = portSet(text) { return set }
    return aliasPorts(text, depth: 0)
  }

  private mutating func aliasPorts(_ name: String, depth: Int) -> PortSet? {
    if let known = ports[name] { return known }
    guard depth < 50, let alias = aliases[name], alias.type == "port", alias.isEnabled else {
      return nil
    }
    // Ends a circle; the answer is put in its place below.
    ports[name] = .some(nil)
    var result = PortSet()
    for member in alias.members {
      guard let set = portSet(member) ?? aliasPorts(member, depth: depth + 1) else { return nil }
      result = result.union(set)
    }
    ports[name] = result
    return result
  }

  private mutating func portObject(_ name: String) -> Int? {
    guard let alias = aliases[name] else { return nil }
    if let known = table.service(name) { return known }
    guard Self.portTypes.contains(alias.type) else { return nil }
    let number = table.addService(
      id: name, name: name, kind: "alias (\(alias.type))",
      position: SourcePosition(line: alias.line))
    var terms: [ServiceTerm] = []
    if alias.type == "port" {
      for member in alias.members where alias.isEnabled {
        guard table.enter() else {
          terms.append(.condition(ObjectTable.tooDeep(member)))
          continue
        }
        defer { table.leave() }
        if let set = portSet(member) {
          terms.append(.service(Service(protocol: nil, destinationPorts: set)))
        } else if let inner = portObject(member) {
          terms.append(.object(inner))
        } else {
          let text = "member `\(member)` of port alias `\(name)` is neither a port nor an alias"
          note(.unresolved, text, line: alias.line)
          terms.append(
            .condition(Condition(.unresolved, "member `\(member)` of port alias `\(name)`")))
        }
      }
    } else {
      terms = [.condition(Condition(.externalList, "port table alias `\(name)`"))]
    }
    table.setService(number, ServiceList(terms))
    return number
  }
}

/// Service names that OPNsense takes in place of port numbers.
enum PFWellKnownPorts {
  private static let numbers: [String: UInt16] = [
    "cvsup": 5999, "domain": 53, "ftp": 21, "hbci": 3000, "http": 80, "https": 443, "aol": 5190,
    "auth": 113, "imap": 143, "imaps": 993, "ipsec-msft": 4500, "isakmp": 500, "l2f": 1701,
    "ldap": 389, "ms-streaming": 1755, "afs3-fileserver": 7000, "microsoft-ds": 445,
    "ms-wbt-server": 3389, "wins": 1512, "msnp": 1863, "nntp": 119, "ntp": 123,
    "netbios-dgm": 138, "netbios-ns": 137, "netbios-ssn": 139, "openvpn": 1194, "pop3": 110,
    "pop3s": 995, "pptp": 1723, "radius": 1812, "radius-acct": 1813, "avt-profile-1": 5004,
    "sip": 5060, "smtp": 25, "igmpv3lite": 465, "urd": 465, "snmp": 161, "snmptrap": 162,
    "ssh": 22, "nat-stun-port": 3478, "submission": 587, "teredo": 3544, "telnet": 23,
    "tftp": 69, "rfb": 5900,
  ]

  static func number(_ name: String) -> UInt16? { numbers[name.lowercased()] }
}
