import ImportKit

/// One alias as the configuration writes it.
struct PFAlias {
  let name: String
  let type: String
  let members: [String]
  var isEnabled: PFSwitch
  /// Whether the element of its contents is there, if only empty.
  var isWhole = true
  /// Members of the alias that are not understood.
  var unread: Condition?
  let line: Int

  /// Nil for what the product brings itself.
  var position: SourcePosition? { line > 0 ? SourcePosition(line: line) : nil }
}

/// The aliases of a configuration, translated when a rule first uses them.
final class PFAliases {
  let draft: PolicyDraft
  let product: PFProduct
  private var aliases: [String: PFAlias] = [:]
  private var waiting = ObjectQueue<PFAlias>()
  private var waitingPorts = ObjectQueue<PFAlias>()
  /// Whether some alias has exceptions, so that nested lists must be flattened.
  private let hasExceptions: Bool
  /// How many members may still be flattened; more would take too long.
  private var flattening = 1_000_000

  private var dialect: PFDialect { product.dialect }

  init(_ list: [PFAlias], product: PFProduct, draft: PolicyDraft) {
    self.product = product
    self.draft = draft
    hasExceptions = list.contains { $0.members.contains { $0.hasPrefix("!") } }
    for alias in list where !alias.name.isEmpty {
      if aliases[alias.name] != nil {
        draft.note(
          .reading, "alias `\(alias.name)` is defined twice; the first is used", at: alias.position)
        continue
      }
      aliases[alias.name] = alias
    }
  }

  private static let irrelevant = IrrelevantMembers([
    (
      "describes or files the alias",
      [
        "@uuid", "descr", "description", "detail", "categories", "counters", "current_items",
        "last_updated",
      ]
    ),
    (
      "when and how a list is fetched",
      [
        "url", "aliasurl", "updatefreq", "password", "username", "authtype", "path_expression",
        "ttl",
        "expire",
      ]
    ),
    ("which families of a fetched list are taken, whose contents are open anyway", ["proto"]),
    ("which prefix a dynamic host follows, which is open anyway", ["interface"]),
  ])

  /// `aliases/alias` of pfSense and older OPNsense: members stand in one text, divided by blanks.
  /// Hand-made files put them into `content` here, too.
  static func legacy(_ root: XMLElement, _ draft: PolicyDraft) -> [PFAlias] {
    root.all("aliases", "alias").map { element in
      let record = ExportRecord(element)
      let text = record.filled("address") ?? record.filled("content")
      let isThere = record.has("address") || record.has("content")
      let name = record.word("name") ?? ""
      return PFAlias(
        name: name, type: record.filled("type") ?? "", members: PFText.words(text ?? ""),
        isEnabled: .on, isWhole: isThere,
        unread: draft.unread(record, of: "alias `\(name)`", ignoring: irrelevant),
        line: element.line)
    }
  }

  /// The alias model of OPNsense: members one a line, a switch for each alias. It is on where the
  /// configuration is older than the switch (models/OPNsense/Firewall/Alias.xml, `Default`); where
  /// other aliases have it, it is missing.
  static func model(_ root: XMLElement, _ product: PFProduct, _ draft: PolicyDraft) -> [PFAlias] {
    let elements = root.all("OPNsense", "Firewall", "Alias", "aliases", "alias")
    let hasSwitches = elements.contains { $0.child("enabled") != nil }
    return elements.map { element in
      let record = ExportRecord(element)
      let name = record.word("name") ?? ""
      return PFAlias(
        name: name, type: record.filled("type") ?? "",
        members: PFText.lines(record.word("content") ?? ""),
        isEnabled: hasSwitches && !record.has("enabled")
          ? .unknown("") : product.read(record.child("enabled"), default: true),
        isWhole: record.has("content"),
        unread: draft.unread(record, of: "alias `\(name)`", ignoring: irrelevant),
        line: element.line)
    }
  }

  /// Whether rules may name an alias of this name.
  func contains(_ name: String) -> Bool { alias(name) != nil }

  func isDisabled(_ name: String) -> Bool { aliases[name].map { $0.isEnabled == .off } ?? false }

  /// An alias of the configuration, or one that the product brings.
  private func alias(_ name: String) -> PFAlias? {
    let own = aliases[name]
    // OPNsense shows the tables that it brings among the aliases, too.
    if own != nil, dialect == .opnSense { return own }
    guard let contents = PFSystemAliases.contents(name, dialect) else { return own }
    if dialect == .pfSense, let version = product.version, version < PFSystemAliases.firstVersion {
      return own
    }
    switch contents {
    case .networks(let members):
      return PFAlias(name: name, type: "network", members: members, isEnabled: .on, line: 0)
    case .runTime: return PFAlias(name: name, type: "system", members: [], isEnabled: .on, line: 0)
    }
  }

  private static let portTypes: Set<String> = ["port", "url_ports", "urltable_ports"]

  // MARK: Addresses

  /// The object of an address alias; nil where there is no such alias.
  func addressObject(_ name: String) -> Int? {
    guard let number = number(name) else { return nil }
    fill()
    return number
  }

  /// The number of an alias whose members are read later.
  private func number(_ name: String) -> Int? {
    guard let alias = alias(name), !Self.portTypes.contains(alias.type) else { return nil }
    if let known = draft.objects.endpoint(name) { return known }
    let number = draft.objects.addEndpoint(
      id: name, name: name, kind: "alias (\(alias.type))",
      position: alias.position)
    waiting.add(number, alias)
    return number
  }

  private func fill() {
    while let entry = waiting.next() {
      draft.objects.setEndpoint(entry.number, list(entry.definition))
    }
  }

  private func list(_ alias: PFAlias) -> EndpointList {
    var list = contents(alias)
    if let unread = alias.unread {
      // It may take in more as well as less.
      list.terms.append(.condition(unread))
      list.exceptions.append(.condition(unread))
    }
    return list
  }

  private func contents(_ alias: PFAlias) -> EndpointList {
    switch alias.isEnabled {
    // An alias that is switched off has an empty table.
    case .off: return EndpointList([])
    case .unknown(let word):
      return open(.notInForce, "whether alias `\(alias.name)` is on: `enabled` is `\(word)`", alias)
    case .on: break
    }
    switch alias.type {
    case "host", "network", "networkgroup":
      guard alias.isWhole else {
        return open(
          .missingPart, "the members of alias `\(alias.name)` are not in the export", alias)
      }
      return memberList(alias)
    case "url" where isLoadedOnce(alias): return memberList(alias)
    default: return EndpointList(outside(alias))
    }
  }

  /// pfSense loads the list of a URL once, when the alias is saved; `address` then holds what was
  /// found. OPNsense keeps the URL and loads it at run time.
  private func isLoadedOnce(_ alias: PFAlias) -> Bool {
    dialect == .pfSense && !alias.members.isEmpty
  }

  private func open(
    _ kind: Condition.Kind, _ text: String, _ alias: PFAlias
  ) -> EndpointList {
    EndpointList([.condition(draft.doubt(kind, text, at: alias.position))])
  }

  /// What an alias holds that the configuration does not list as addresses.
  private func outside(_ alias: PFAlias) -> [EndpointTerm] {
    let name = alias.name
    func open(_ kind: Condition.Kind, _ text: String) -> [EndpointTerm] {
      [.condition(draft.doubt(kind, text, at: alias.position))]
    }
    switch alias.type {
    case "urltable", "urljson": return open(.externalList, "URL table alias `\(name)`")
    case "url": return open(.externalList, "URL alias `\(name)`")
    case "geoip":
      return alias.members.flatMap { PFText.words($0) }.map { .tag("geoip \($0)") }
    case "asn": return alias.members.map { .tag("AS\($0)") }
    case "external", "internal":
      return open(.externalList, "alias `\(name)`, filled at run time")
    case "system":
      guard case .runTime(let what)? = PFSystemAliases.contents(name, dialect) else { return [] }
      return open(.externalList, "system alias `\(name)`: \(what)")
    case "dynipv6host":
      return open(.unresolved, "alias `\(name)`: hosts in a prefix that the provider assigns")
    case "mac": return open(.unmodelled, "alias `\(name)`: clients by hardware address")
    case "authgroup", "openvpngroup":
      return open(.user, "alias `\(name)`: addresses of the users of a group")
    default: return open(.unmodelled, "alias `\(name)` of type `\(alias.type)`")
    }
  }

  /// Members of a table. Nested aliases stay objects of their own, unless exceptions are about: both
  /// products put the entries of all nested aliases into one table, exceptions included
  /// (opnsense/core scripts/filter/update_tables.py; pfSense filter_generate_nested_alias).
  private func memberList(_ alias: PFAlias) -> EndpointList {
    if hasExceptions { return flattened(alias) }
    var prefixes = PFPrefixes()
    var terms: [EndpointTerm] = []
    for member in alias.members where !prefixes.add(member, isException: false) {
      if let inner = number(member) {
        terms.append(.object(inner))
      } else {
        terms.append(named(member, alias))
      }
    }
    let addresses = prefixes.addresses
    return EndpointList((addresses.isEmpty ? [] : [.addresses(addresses)]) + terms)
  }

  private func flattened(_ top: PFAlias) -> EndpointList {
    var prefixes = PFPrefixes()
    var terms: [EndpointTerm] = []
    var lists: [EndpointTerm] = []
    var open: [EndpointTerm] = []
    var reached: Set<String> = [top.name]
    var next = [top]
    while let alias = next.popLast() {
      for text in alias.members {
        flattening -= 1
        guard flattening > 0 else {
          return self.open(
            .unmodelled, "alias `\(top.name)`: its nested aliases are too many to be joined", top)
        }
        let isException = text.hasPrefix("!")
        let member = isException ? text.dropFirst() : text[...]
        if member.isEmpty || prefixes.add(member, isException: isException) { continue }
        if isException {
          // What is not an address is no exception that either product takes.
          open.append(
            .condition(
              draft.doubt(
                .unresolved, "exception `\(member)` of alias `\(alias.name)` is not an address",
                at: alias.position)))
          continue
        }
        guard let inner = self.alias(text), !Self.portTypes.contains(inner.type) else {
          terms.append(named(text, alias))
          continue
        }
        guard reached.insert(text).inserted, inner.isEnabled != .off else { continue }
        if inner.unread != nil || inner.isEnabled != .on || !inner.isWhole {
          if let number = number(text) { lists.append(.object(number)) }
        } else if ["host", "network", "networkgroup"].contains(inner.type)
          || inner.type == "url" && isLoadedOnce(inner)
        {
          next.append(inner)
        } else {
          lists += outside(inner)
        }
      }
    }
    // Entries of a list may be longer than an exception or not: inside of it, nobody knows. Names are
    // single addresses, than which no exception is longer.
    let left = prefixes.exceptions.intersection(SpecialPurposeAddresses.internet)
    if !lists.isEmpty, !left.isEmpty {
      let text = "what alias `\(top.name)` lists besides its exceptions"
      lists = [.condition(draft.doubt(.externalList, text, at: top.position))]
    }
    return EndpointList([.addresses(prefixes.addresses)] + terms + lists, except: open)
  }

  /// A member that is neither an address nor an alias.
  private func named(_ text: String, _ alias: PFAlias) -> EndpointTerm {
    if TemplateMarker.isPresent(in: text) {
      return unresolved(
        "member `\(text)` of alias `\(alias.name)` is an unfilled template marker", alias)
    }
    // Names are resolved by the firewall, every 300 seconds by default; no wildcards. Source:
    // docs.netgate.com, "Using Hostnames in Aliases". A name of digits only is not one.
    if let host = HostName(text), host.labelCount > 1,
      !text.utf8.allSatisfy({ $0 == 0x2E || $0 >= 0x30 && $0 <= 0x39 })
    {
      return .host(.exact(host), .resolved)
    }
    return unresolved(
      "member `\(text)` of alias `\(alias.name)` is not an address, name or alias", alias)
  }

  private func unresolved(_ text: String, _ alias: PFAlias) -> EndpointTerm {
    .condition(draft.doubt(.unresolved, text, at: alias.position))
  }

  // MARK: Ports

  /// The ports that a rule's port field means.
  enum Ports {
    case set(PortSet)
    case object(Int)
    /// Neither a number nor a known alias.
    case unresolvable
  }

  func ports(_ text: String) -> Ports {
    if text.isEmpty || text == "any" { return .set(.full) }
    if let set = Self.portSet(text) { return .set(set) }
    guard let number = portNumber(text) else { return .unresolvable }
    fillPorts()
    return .object(number)
  }

  /// A number, a range, or a service name, which both products take (pfSense util.inc, `is_port`;
  /// OPNsense FieldTypes/PortField.php).
  private static func portSet(_ text: String) -> PortSet? {
    if let set = PortSet(parsing: text) { return set }
    if let port = PFWellKnownPorts.number(text) { return PortSet(port) }
    // "convert 'any' to upper or lower bound when provided in range" (OPNsense, Rule.php). pf itself
    // divides ranges by a colon.
    let bounds = text.utf8.split(omittingEmptySubsequences: false) { $0 == 0x2D || $0 == 0x3A }
      .map { String(decoding: $0, as: UTF8.self) }
    guard bounds.count == 2 else { return nil }
    let lower = bounds[0] == "any" ? "1" : bounds[0]
    let upper = bounds[1] == "any" ? "65535" : bounds[1]
    return PortSet(parsing: "\(lower)-\(upper)")
  }

  /// Every port of a field, where the export settles it.
  func settledPorts(_ text: String) -> PortSet? {
    if text.isEmpty || text == "any" { return .full }
    if let set = Self.portSet(text) { return set }
    var result = PortSet()
    var reached: Set<String> = []
    var waiting = [text]
    while let name = waiting.popLast() {
      guard let alias = aliases[name], alias.type == "port", alias.isEnabled == .on,
        alias.unread == nil, alias.isWhole
      else { return nil }
      for member in alias.members {
        if let set = Self.portSet(member) {
          result = result.union(set)
        } else if reached.insert(member).inserted {
          waiting.append(member)
        }
      }
    }
    return result
  }

  private func portNumber(_ name: String) -> Int? {
    guard let alias = aliases[name], Self.portTypes.contains(alias.type) else { return nil }
    if let known = draft.objects.service(name) { return known }
    let number = draft.objects.addService(
      id: name, name: name, kind: "alias (\(alias.type))", position: alias.position)
    waitingPorts.add(number, alias)
    return number
  }

  private func fillPorts() {
    while let entry = waitingPorts.next() {
      draft.objects.setService(entry.number, ServiceList(portTerms(entry.definition)))
    }
  }

  private func portTerms(_ alias: PFAlias) -> [ServiceTerm] {
    func open(_ kind: Condition.Kind, _ text: String) -> ServiceTerm {
      .condition(draft.doubt(kind, text, at: alias.position))
    }
    if let unread = alias.unread { return [.condition(unread)] }
    guard alias.isWhole || alias.type != "port" else {
      return [
        open(.missingPart, "the members of port alias `\(alias.name)` are not in the export")
      ]
    }
    guard alias.type == "port" else {
      return [open(.externalList, "port table alias `\(alias.name)`")]
    }
    switch alias.isEnabled {
    case .off: return []
    case .unknown(let word):
      return [open(.notInForce, "whether alias `\(alias.name)` is on: `enabled` is `\(word)`")]
    case .on: break
    }
    return alias.members.map { member in
      if let set = Self.portSet(member) {
        return .service(Service(protocol: nil, destinationPorts: set))
      }
      if let inner = portNumber(member) { return .object(inner) }
      return open(
        .unresolved,
        "member `\(member)` of port alias `\(alias.name)` is neither a port nor an alias")
    }
  }
}

/// Service names that the products take in place of port numbers.
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
