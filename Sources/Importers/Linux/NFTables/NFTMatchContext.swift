import ImportKit

/// Translates the match statements of one rule.
struct NFTMatchContext {
  let chain: NFTRuleset.Chain
  let ruleset: NFTRuleset
  let position: SourcePosition
  /// Named sets of addresses that rules have used so far.
  private(set) var objects: ObjectTable
  private(set) var notes: [Note] = []
  private(set) var interfaces: Set<String> = []
  private(set) var enteringInterfaces: Set<String> = []

  /// The most tuples of a set that are written out as rules of their own.
  private static let tupleLimit = 4096

  init(
    chain: NFTRuleset.Chain, ruleset: NFTRuleset, position: SourcePosition, objects: ObjectTable
  ) {
    self.chain = chain
    self.ruleset = ruleset
    self.position = position
    self.objects = objects
  }

  mutating func note(_ text: String, kind: Note.Kind = .unmodelled) {
    notes.append(Note(kind, text, at: position))
  }

  /// The alternatives of a match statement; none where it can never hold.
  mutating func match(_ body: JSONValue) -> [[Clause]] {
    guard let left = body["left"], let right = body["right"] else {
      return [doubt("a match without sides")]
    }
    let operation = body["op"]?.string ?? "=="
    if let flags = NFTFlags(left, operation: operation, right: right) {
      return flags.holdsForFirstPacket
        ? [[]] : [[.never("for other TCP flags than those of a first packet")]]
    }
    // firewalld puts `ct status dnat accept` into every ruleset; nft(8): the connection has been
    // given another destination.
    if left["ct"]?["key"]?.string == "status", right.string == "dnat", operation != "!=",
      !ruleset.translatesDestinations
    {
      return [[.never("no rule translates destinations")]]
    }
    if operation == "!=" {
      return [differs(left, right)]
    }
    if operation == "==" || operation == "in" { return equals(left, right, operation: operation) }
    return [compare(left, operation, right)]
  }

  private mutating func doubt(_ text: String) -> [Clause] {
    note("\(text) is not modelled")
    return [.requires(Condition(.unmodelled, text))]
  }

  // MARK: Equality

  /// `left` equals `right`, or one of its members.
  mutating func equals(
    _ left: JSONValue, _ right: JSONValue, operation: String = "=="
  ) -> [[Clause]] {
    if let fields = left["concat"] { return tuples(fields.elements.map { $0 }, right) }
    guard let field = NFTField(left) else { return [unknownField(left)] }
    if field == .ctState { return [connectionState(right, operation: operation)] }
    return [test(field, NFTValues(right, context: self), negated: false)]
  }

  private mutating func differs(_ left: JSONValue, _ right: JSONValue) -> [Clause] {
    if left["concat"] != nil {
      return doubt("`!=` on a combination of fields")
    }
    guard let field = NFTField(left) else { return unknownField(left) }
    if field == .ctState { return connectionState(right, operation: "!=") }
    return test(field, NFTValues(right, context: self), negated: true)
  }

  private mutating func compare(
    _ left: JSONValue, _ operation: String, _ right: JSONValue
  ) -> [Clause] {
    guard let field = NFTField(left), case .ports(let number, let isSource) = field,
      let bound = right.int.flatMap({ UInt16(exactly: $0) })
    else {
      if case .notTCP(let name) = NFTField(left) {
        return [.never("looks at \(name), which TCP does not have")]
      }
      return doubt("comparison `\(operation)` on \(Self.describe(left))")
    }
    let ports: PortSet
    switch operation {
    case "<": ports = bound == 0 ? PortSet() : PortSet(0...(bound - 1))
    case "<=": ports = PortSet(0...bound)
    case ">": ports = bound == .max ? PortSet() : PortSet((bound + 1)...UInt16.max)
    case ">=": ports = PortSet(bound...UInt16.max)
    default: return doubt("operator `\(operation)`")
    }
    return [portClause(number, ports, isSource: isSource)]
  }

  /// Tuples of several fields: each tuple of the set is an alternative.
  private mutating func tuples(_ fields: [JSONValue], _ right: JSONValue) -> [[Clause]] {
    let values = NFTValues(right, context: self)
    guard values.missing == nil else { return [doubt(values.missing ?? "")] }
    guard values.items.count <= Self.tupleLimit else {
      return [doubt("a set of \(values.items.count) combinations")]
    }
    var result: [[Clause]] = []
    for item in values.items {
      let plain = Self.plain(item)
      let parts = (plain["concat"] ?? plain).elements.map { $0 }
      guard parts.count == fields.count else {
        result.append(doubt("a combination with \(parts.count) parts for \(fields.count) fields"))
        continue
      }
      var clauses: [Clause] = []
      for (field, part) in zip(fields, parts) {
        // A constant in place of a field, as nft prints for a field whose value is fixed.
        guard field.isObject else {
          if field.scalarText != part.scalarText { clauses.append(.never("a fixed part differs")) }
          continue
        }
        clauses += equals(field, part).first ?? []
      }
      result.append(clauses)
    }
    if values.isDynamic {
      result.append([
        .requires(Condition(.externalList, "the set `\(values.name)` changes at run time"))
      ])
    }
    return result.isEmpty ? [[.never("the set is empty")]] : result
  }

  // MARK: Fields

  private mutating func test(_ field: NFTField, _ values: NFTValues, negated: Bool) -> [Clause] {
    if let missing = values.missing { return doubt(missing) }
    var clauses: [Clause]
    switch field {
    case .entering, .leaving:
      let names = values.items.compactMap { Self.plain($0).scalarText }
      if names == ["lo"] {
        // Neither a client's packet nor one to the Internet ever crosses the loopback interface.
        if !negated { return [.never("loopback traffic")] }
        if field == .leaving { return [] }
      }
      interfaces.formUnion(names.filter { $0 != "lo" })
      if field == .entering {
        if !negated { enteringInterfaces.formUnion(names) }
        clauses = [.from(ZoneList(names, negated: negated))]
      } else if chain.hook == "prerouting" || chain.hook == "ingress" || chain.hook == "input" {
        return [.never("the leaving interface is not known at this hook")]
      } else {
        clauses = [.to(ZoneList(names, negated: negated))]
      }
    case .address(let family, let isSource):
      let list = addresses(values, negated: negated)
      clauses = [.family(family), isSource ? .source(list) : .destination(list)]
    case .ports(let number, let isSource):
      var ports = PortSet()
      for item in values.items {
        guard let set = Self.ports(Self.plain(item)) else {
          return doubt("port `\(Self.plain(item).scalarText ?? "?")`")
        }
        ports = ports.union(set)
      }
      clauses = [portClause(number, negated ? ports.complement() : ports, isSource: isSource)]
    case .transportProtocol:
      var terms: [ServiceTerm] = []
      for item in values.items {
        let plain = Self.plain(item)
        guard let numbers = Self.protocolNumbers(plain) else {
          return doubt("protocol `\(plain.scalarText ?? "?")`")
        }
        terms += numbers.map { .service(Service(protocol: $0)) }
      }
      clauses = [.service(ServiceList(terms, negated: negated))]
    case .networkProtocol:
      let words = values.items.compactMap { Self.plain($0).scalarText }
      let families = words.compactMap { word -> AddressFamily? in
        switch word {
        case "ip", "ipv4", "2", "2048": .ipv4
        case "ip6", "ipv6", "10", "34525": .ipv6
        default: nil
        }
      }
      let wanted = AddressFamily.allCases.filter { families.contains($0) != negated }
      switch wanted.count {
      case 0: return [.never("neither IPv4 nor IPv6")]
      case 1: clauses = [.family(wanted[0])]
      default: clauses = []
      }
    case .destinationType:
      // A host on the Internet is reached by routing: its address is of type unicast.
      let words = values.items.compactMap { Self.plain($0).scalarText }
      if words.contains("unicast") == negated {
        return [.never("the destination is no \(words.joined(separator: ", ")) address")]
      }
      clauses = []
    case .direction:
      let words = values.items.compactMap { Self.plain($0).scalarText }
      if (words.contains("original") || words.contains("0")) == negated {
        return [.never("for replies only")]
      }
      clauses = []
    case .user:
      let words = values.items.compactMap { Self.plain($0).scalarText }.joined(separator: ", ")
      clauses = [
        .requires(
          Condition(.user, "\(negated ? "any process but of" : "only processes of") \(words)"))
      ]
    case .time: clauses = [.requires(Condition(.schedule, "at certain times only"))]
    case .reversePath:
      return [.never("reverse-path check; the client's address is taken to be genuine")]
    case .ctState: clauses = []
    case .notTCP(let name): return [.never("looks at \(name), which TCP does not have")]
    case .other(let name): return doubt("match on \(name)")
    }
    if values.isDynamic {
      // Membership at another moment may be either way. Address lists hold the doubt themselves.
      if case .address = field { return clauses }
      return [
        .requires(Condition(.externalList, "the set `\(values.name)` changes at run time"))
      ]
    }
    return clauses
  }

  private mutating func addresses(_ values: NFTValues, negated: Bool) -> EndpointList {
    guard let name = values.setName else {
      return EndpointList(addressTerms(values), negated: negated)
    }
    if let known = objects.endpoint(name.text) {
      return EndpointList([.object(known)], negated: negated)
    }
    let set = ruleset.sets[name]?.value
    let number = objects.addEndpoint(
      id: name.text, name: name.text, kind: "set",
      position: set.map { SourcePosition(line: $0.line, pointer: $0.pointer) })
    objects.setEndpoint(number, EndpointList(addressTerms(values)))
    return EndpointList([.object(number)], negated: negated)
  }

  private mutating func addressTerms(_ values: NFTValues) -> [EndpointTerm] {
    var terms: [EndpointTerm] = []
    for item in values.items {
      guard let set = Self.addresses(Self.plain(item)) else {
        let text = Self.plain(item).scalarText ?? "?"
        note("address `\(text)` is not readable", kind: .unresolved)
        terms.append(.condition(Condition(.unresolved, "address `\(text)`")))
        continue
      }
      terms.append(.addresses(set))
    }
    if values.isDynamic {
      terms.append(
        .condition(
          Condition(.externalList, "the set `\(values.name)` changes at run time")))
    }
    return terms
  }

  private func portClause(_ number: UInt8?, _ ports: PortSet, isSource: Bool) -> Clause {
    .service(
      ServiceList([
        .service(
          isSource
            ? Service(protocol: number, sourcePorts: ports)
            : Service(protocol: number, destinationPorts: ports))
      ]))
  }

  /// The first packet of a connection has the state `new`.
  private mutating func connectionState(_ right: JSONValue, operation: String) -> [Clause] {
    let values = NFTValues(right, context: self)
    if let missing = values.missing { return doubt(missing) }
    let states = values.items.flatMap { item -> [String] in
      let plain = Self.plain(item)
      if let flags = plain["|"] { return Self.flags(flags) }
      return plain.scalarText.map { [$0] } ?? plain.elements.compactMap(\.scalarText)
    }
    let holds = states.contains("new") || states.contains("8")
    if holds == (operation == "!=") {
      return [
        .never(
          "for connection state \(operation == "!=" ? "other than " : "")\(states.joined(separator: ", ")), not for a new connection"
        )
      ]
    }
    return []
  }

  /// The words of a nested `|` expression.
  private static func flags(_ value: JSONValue) -> [String] {
    value.elements.flatMap { element -> [String] in
      if let inner = element["|"] { return flags(inner) }
      return element.scalarText.map { [$0] } ?? []
    }
  }

  private mutating func unknownField(_ left: JSONValue) -> [Clause] {
    doubt("match on \(Self.describe(left))")
  }

  static func describe(_ left: JSONValue) -> String {
    guard let (kind, body) = left.members.first else { return "an unknown field" }
    if body.isArray { return "an arithmetic expression" }
    let words = [body["protocol"]?.string, body["key"]?.string, body["field"]?.string]
    return "`\(([kind] + words.compactMap { $0 }).joined(separator: " "))`"
  }

  // MARK: Values

  /// An element without its timeout, counter and comment.
  static func plain(_ value: JSONValue) -> JSONValue { value["elem"]?["val"] ?? value }

  private static func addresses(_ value: JSONValue) -> AddressSet? {
    if let prefix = value["prefix"], let text = prefix["addr"]?.string,
      let address = IPAddress(text), let length = prefix["len"]?.int.flatMap({ UInt8(exactly: $0) })
    {
      return AddressSet(prefix: address, length: length)
    }
    if let range = value["range"] {
      let bounds = range.elements.compactMap(\.string)
      return bounds.count == 2 ? AddressSet(parsing: "\(bounds[0])-\(bounds[1])") : nil
    }
    return value.string.flatMap { AddressSet(parsing: $0) }
  }

  private static let serviceNames: [String: UInt16] = [
    "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "domain": 53, "http": 80, "www": 80,
    "kerberos": 88, "pop3": 110, "ntp": 123, "imap2": 143, "snmp": 161, "ldap": 389, "https": 443,
    "microsoft-ds": 445, "submission": 587, "ldaps": 636, "imaps": 993, "pop3s": 995,
    "http-alt": 8080,
  ]

  private static func ports(_ value: JSONValue) -> PortSet? {
    if let range = value["range"] {
      let bounds = range.elements.compactMap { port($0) }
      return bounds.count == 2 && bounds[0] <= bounds[1] ? PortSet(bounds[0]...bounds[1]) : nil
    }
    return port(value).map { PortSet($0) }
  }

  private static func port(_ value: JSONValue) -> UInt16? {
    if let number = value.int { return UInt16(exactly: number) }
    return value.string.flatMap { UInt16($0) ?? serviceNames[$0] }
  }

  /// The numbers that a protocol, or a range of them, stands for.
  private static func protocolNumbers(_ value: JSONValue) -> [UInt8]? {
    if let range = value["range"] {
      let bounds = range.elements.compactMap { protocolNumbers($0)?.first }
      return bounds.count == 2 && bounds[0] <= bounds[1] ? Array(bounds[0]...bounds[1]) : nil
    }
    let number = value.int.flatMap { UInt8(exactly: $0) } ?? value.string.flatMap(protocolNumber)
    return number.map { [$0] }
  }

  private static func protocolNumber(_ name: String) -> UInt8? {
    let known: [String: UInt8] = [
      "icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "dccp": 33, "ipv6": 41, "gre": 47, "esp": 50,
      "ah": 51, "icmpv6": 58, "ipv6-icmp": 58, "ospf": 89, "ospfigp": 89, "comp": 108, "vrrp": 112,
      "l2tp": 115, "sctp": 132, "udplite": 136,
    ]
    return known[name] ?? UInt8(name)
  }
}

/// The members of the right side of a match: a value, a list, an anonymous or a named set.
struct NFTValues {
  private(set) var items: [JSONValue] = []
  private(set) var isDynamic = false
  /// The named set that was referred to, if one was.
  private(set) var setName: NFTRuleset.Name?
  /// What is not in the dump, or not understood.
  private(set) var missing: String?

  init(_ right: JSONValue, context: NFTMatchContext) {
    if let text = right.string, text.hasPrefix("@") {
      let key = NFTRuleset.Name(
        family: context.chain.name.family, table: context.chain.name.table,
        name: String(text.dropFirst()))
      guard let set = context.ruleset.sets[key] else {
        missing = "set `\(key.name)`, which is not in the dump,"
        return
      }
      setName = key
      items = set.elements
      isDynamic = set.isDynamic
    } else if let members = right["set"] {
      items = members.isArray ? members.elements.map { $0 } : [members]
    } else if right.isArray {
      items = right.elements.map { $0 }
    } else {
      items = [right]
    }
  }

  var name: String { setName?.name ?? "" }
}
