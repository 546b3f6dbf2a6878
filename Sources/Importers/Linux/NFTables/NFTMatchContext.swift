import ImportKit

/// Translates the match statements of one rule, as one packet meets them.
struct NFTMatchContext {
  let chain: NFTRuleset.Chain
  let ruleset: NFTRuleset
  let position: SourcePosition
  let view: NFView
  let draft: PolicyDraft
  private(set) var interfaces: Set<String> = []
  private(set) var enteringInterfaces: Set<String> = []

  /// The most tuples of a set that are written out as rules of their own.
  private static let tupleLimit = 4096

  init(
    chain: NFTRuleset.Chain, ruleset: NFTRuleset, position: SourcePosition, view: NFView,
    draft: PolicyDraft
  ) {
    self.chain = chain
    self.ruleset = ruleset
    self.position = position
    self.view = view
    self.draft = draft
  }

  /// The alternatives of a match statement; none where it can never hold.
  mutating func match(_ body: JSONValue) -> [[Clause]] {
    guard let left = body["left"], let right = body["right"] else {
      return [doubt("a match without sides")]
    }
    let unread = unread(body, known: ["left", "right", "op"])
    let operation = body["op"].map { $0.string ?? "(not readable)" } ?? "=="
    return matched(left, right, operation).map { $0 + unread + self.unread(left) }
  }

  private mutating func matched(
    _ left: JSONValue, _ right: JSONValue, _ operation: String
  ) -> [[Clause]] {
    if let flags = NFTFlags(left, operation: operation, right: right) {
      return flags.holds(for: view.packet)
        ? [[]] : [[.never("for other TCP flags than those of \(view.packet.words)")]]
    }
    if let mark = NFTMarkTest(left, operation: operation, right: right) { return [test(mark)] }
    if operation == "!=" {
      return [differs(left, right)]
    }
    if operation == "==" || operation == "in" { return equals(left, right, operation: operation) }
    return [compare(left, operation, right)]
  }

  func doubt(_ text: String, _ kind: Condition.Kind = .unmodelled) -> [Clause] {
    require(kind, "\(text) is not modelled")
  }

  private func require(_ kind: Condition.Kind, _ detail: String) -> [Clause] {
    [.requires(draft.doubt(kind, detail, at: position))]
  }

  /// A condition for members of an object that nobody knows.
  func unread(_ value: JSONValue, known: Set<String>) -> [Clause] {
    guard value.isObject,
      let other = value.members.first(where: { !known.contains($0.key) })
    else { return [] }
    return doubt("the member `\(other.key)` of a match or statement")
  }

  private static let expressions: [String: Set<String>] = [
    "meta": ["key"], "payload": ["protocol", "field", "base", "offset", "len"],
    "ct": ["key", "family", "dir"], "fib": ["result", "flags"],
  ]

  /// What of an expression nobody reads.
  private func unread(_ expression: JSONValue) -> [Clause] {
    guard expression.isObject else { return [] }
    for (kind, body) in expression.members {
      if let known = Self.expressions[kind] {
        let found = unread(body, known: known)
        if !found.isEmpty { return found }
      }
      if kind == "concat" {
        for part in body.elements {
          let found = unread(part)
          if !found.isEmpty { return found }
        }
      }
    }
    return unread(expression, known: Set(expression.members.prefix(1).map(\.key)))
  }

  private func test(_ mark: NFTMarkTest) -> [Clause] {
    if mark.kind == .connection {
      // Without a connection the match fails, whatever the operator (nft_ct.c).
      guard let isTracked = view.tracking.isTracked else { return doubt("match on `ct mark`") }
      guard isTracked else { return [.never("for packets of tracked connections only")] }
    }
    guard let own = mark.kind == .packet ? view.state.mark : view.state.connectionMark else {
      return doubt("match on \(mark.kind == .packet ? "`meta mark`" : "`ct mark`")")
    }
    return mark.holds(own) ? [] : [.never("for packets with another \(mark.kind.words)")]
  }

  // MARK: Equality

  /// `left` equals `right`, or one of its members.
  mutating func equals(
    _ left: JSONValue, _ right: JSONValue, operation: String = "=="
  ) -> [[Clause]] {
    if let fields = left["concat"] { return tuples(fields.elements.map { $0 }, right) }
    guard let field = NFTField(left) else { return [unknownField(left)] }
    if field == .ctState || field == .ctStatus {
      return [connection(field, right, operation: operation)]
    }
    return [test(field, NFTValues(right, context: self), negated: false)]
  }

  private mutating func differs(_ left: JSONValue, _ right: JSONValue) -> [Clause] {
    if left["concat"] != nil {
      return doubt("`!=` on a combination of fields")
    }
    guard let field = NFTField(left) else { return unknownField(left) }
    if field == .ctState || field == .ctStatus {
      return connection(field, right, operation: "!=")
    }
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
        let alternatives = equals(field, part)
        guard alternatives.count == 1, let one = alternatives.first else {
          clauses += doubt("a combination whose parts have alternatives")
          continue
        }
        clauses += one
      }
      result.append(clauses)
    }
    if values.isDynamic {
      result.append(require(.externalList, "the set `\(values.name)` changes at run time"))
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
      guard names.count == values.items.count, !names.isEmpty,
        !names.contains(where: TemplateMarker.isPresent)
      else { return doubt("an interface that is not readable", .unresolved) }
      let knows = field == .entering ? view.knowsEntering : view.knowsLeaving
      guard knows else {
        // The kernel compares with an empty name, from which every name differs.
        return negated
          ? []
          : [
            .never("the \(field == .entering ? "entering" : "leaving") interface is not known here")
          ]
      }
      if names == ["lo"] {
        // Neither a client's packet nor one to the Internet ever crosses the loopback interface.
        return negated ? [] : [.never("loopback traffic")]
      }
      interfaces.formUnion(names.filter { $0 != "lo" })
      if field == .entering, !negated { enteringInterfaces.formUnion(names) }
      clauses = [
        view.interface(ZoneList(names, negated: negated), isEntering: field == .entering)
      ]
    case .address(let family, let isSource):
      let list = addresses(values, negated: negated)
      if view.hasOtherClientAddress, view.isClient(source: isSource) {
        return doubt("a match on the client's address where it is translated to another")
      }
      clauses = [.family(family), view.addresses(list, isSource: isSource)]
    case .connectionAddress(let family, let isClient):
      if let clause = untrackedClause { return [clause] }
      if view.translatesSources, isClient {
        return doubt("a match on an address of the connection that may be translated")
      }
      let list = addresses(values, negated: negated)
      clauses = family.map { [.family($0)] } ?? []
      clauses.append(isClient ? .source(list) : .destination(list))
    case .ports(let number, let isSource):
      var ports = PortSet()
      for item in values.items {
        guard let set = Self.ports(Self.plain(item)) else {
          return doubt("port `\(Self.plain(item).scalarText ?? "?")`")
        }
        ports = ports.union(set)
      }
      clauses = [portClause(number, negated ? ports.complement() : ports, isSource: isSource)]
    case .connectionPorts(let isClient):
      if let clause = untrackedClause { return [clause] }
      var ports = PortSet()
      for item in values.items {
        guard let set = Self.ports(Self.plain(item)) else {
          return doubt("port `\(Self.plain(item).scalarText ?? "?")`")
        }
        ports = ports.union(set)
      }
      if negated { ports = ports.complement() }
      let service =
        isClient
        ? Service(protocol: nil, sourcePorts: ports)
        : Service(protocol: nil, destinationPorts: ports)
      clauses = [.service(ServiceList([.service(service)]))]
    case .transportProtocol, .headerProtocol:
      var terms: [ServiceTerm] = []
      for item in values.items {
        let plain = Self.plain(item)
        guard let numbers = Self.protocolNumbers(plain) else {
          return doubt("protocol `\(plain.scalarText ?? "?")`")
        }
        terms += numbers.map { .service(Service(protocol: $0)) }
      }
      clauses = [.service(ServiceList(terms, negated: negated))]
      // nft leaves the match on the family out of its listing where the header implies it.
      if case .headerProtocol(let family) = field { clauses.append(.family(family)) }
    case .networkProtocol:
      let words = values.items.map { Self.plain($0).scalarText ?? "?" }
      var families: [AddressFamily] = []
      for word in words {
        switch word {
        case "ip", "ipv4", "2", "2048": families.append(.ipv4)
        case "ip6", "ipv6", "10", "34525": families.append(.ipv6)
        case "arp", "vlan", "2054", "33024", "34984", "bridge", "unspec", "0", "7": break
        default: return doubt("network protocol `\(word)`")
        }
      }
      let wanted = AddressFamily.allCases.filter { families.contains($0) != negated }
      switch wanted.count {
      case 0: return [.never("neither IPv4 nor IPv6")]
      case 1: clauses = [.family(wanted[0])]
      default: clauses = []
      }
    case .addressType(let isSource): return addressType(values, isSource, negated: negated)
    case .direction:
      guard let isTracked = view.tracking.isTracked, values.items.count == 1,
        let word = values.items.first.flatMap({ Self.plain($0).scalarText }),
        ["original", "reply", "0", "1"].contains(word)
      else { return doubt("match on `ct direction`") }
      guard isTracked, let isOriginal = view.tracking.isOriginal else {
        return [.never("for packets of tracked connections only")]
      }
      let wantsOriginal = word == "original" || word == "0"
      return (wantsOriginal == isOriginal) != negated
        ? [] : [.never(isOriginal ? "for replies only" : "for the side that began only")]
    case .user:
      guard view.traffic == .host, !view.packet.isFromServer else {
        // A packet without a socket of this machine: the match fails.
        return [.never("only for processes of this machine")]
      }
      let words = values.items.compactMap { Self.plain($0).scalarText }.joined(separator: ", ")
      clauses = require(.user, "\(negated ? "any process but of" : "only processes of") \(words)")
    case .time: clauses = require(.schedule, "at certain times only")
    case .reversePath: return reversePath(values, negated: negated)
    case .ctState, .ctStatus, .mark: return doubt("match on marks or states")
    case .notTCP(let name): return [.never("looks at \(name), which TCP does not have")]
    case .other(let name): return doubt("match on \(name)")
    }
    if values.isDynamic {
      // Membership at another moment may be either way. Address lists hold the doubt themselves.
      if case .address = field { return clauses }
      return require(.externalList, "the set `\(values.name)` changes at run time")
    }
    return clauses
  }

  /// What a match on a connection comes to where there is none; nil where there is one.
  private var untrackedClause: Clause? {
    switch view.tracking {
    case .new, .establishedOriginal, .establishedReply: nil
    case .untracked, .invalid: .never("for packets of tracked connections only")
    case .pickedUpFromServer, .open:
      .requires(
        draft.doubt(.unmodelled, "depends on how half-tracked connections are taken", at: position))
    }
  }

  private static let addressTypes: Set<String> = [
    "unspec", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable",
    "prohibit", "throw", "nat", "xresolve",
  ]

  /// A host on the Internet is reached by routing, so its address is of type unicast, and so is a
  /// client's; the address of the machine itself is of type local.
  private func addressType(
    _ values: NFTValues, _ isSource: Bool, negated: Bool
  ) -> [Clause] {
    let words = values.items.map { Self.plain($0).scalarText ?? "?" }
    guard words.allSatisfy(Self.addressTypes.contains), !values.isDynamic else {
      return doubt("an address type of `\(words.joined(separator: ", "))`")
    }
    var own = "unicast"
    if view.isClient(source: isSource) {
      if view.hasOtherClientAddress {
        return doubt("the type of an address that is translated")
      }
      if view.traffic == .host { own = "local" }
    }
    guard words.contains(own) == negated else { return [] }
    return [
      .never("the \(isSource ? "source" : "destination") is a \(own) address")
    ]
  }

  /// `fib saddr . iif oif exists` and its kin. Source: nft(8), "FIB EXPRESSIONS".
  private mutating func reversePath(_ values: NFTValues, negated: Bool) -> [Clause] {
    guard values.items.count == 1, let item = values.items.first, !values.isDynamic else {
      return doubt("a reverse-path check of several values")
    }
    let value = Self.plain(item)
    let exists: Bool
    switch (value.kind, value.scalarText) {
    // A route to the source, by the interface of entry where that is asked for, is there.
    case (.bool, let text): exists = text == "true"
    case (.number, "0"): exists = false
    case (.number, "1"): exists = true
    case (.string, "exists"): exists = true
    case (.string, "missing"), (.string, "0"): exists = false
    case (.string, let name?):
      return view.knowsEntering
        ? [view.interface(ZoneList([name], negated: negated), isEntering: true)]
        : doubt("a reverse-path check without an entering interface")
    default: return doubt("a reverse-path check")
    }
    return exists != negated ? [] : [.never("for packets that fail the reverse-path check only")]
  }

  private mutating func addresses(_ values: NFTValues, negated: Bool) -> EndpointList {
    guard let name = values.setName else {
      return EndpointList(addressTerms(values), negated: negated)
    }
    if let known = draft.objects.endpoint(name.text) {
      return EndpointList([.object(known)], negated: negated)
    }
    let set = ruleset.sets[name]?.value
    let number = draft.objects.addEndpoint(
      id: name.text, name: name.text, kind: "set",
      position: set.map { SourcePosition(line: $0.line, pointer: $0.pointer) })
    draft.objects.setEndpoint(number, EndpointList(addressTerms(values)))
    return EndpointList([.object(number)], negated: negated)
  }

  private mutating func addressTerms(_ values: NFTValues) -> [EndpointTerm] {
    var terms: [EndpointTerm] = []
    for item in values.items {
      guard let set = Self.addresses(Self.plain(item)) else {
        let text = Self.plain(item).scalarText ?? "?"
        terms.append(
          .condition(
            draft.doubt(.unresolved, "address `\(text)` is not readable", at: position)))
        continue
      }
      terms.append(.addresses(set))
    }
    if values.isDynamic {
      terms.append(
        .condition(
          draft.doubt(.externalList, "the set `\(values.name)` changes at run time", at: position)))
    }
    return terms
  }

  private func portClause(_ number: UInt8?, _ ports: PortSet, isSource: Bool) -> Clause {
    .service(ServiceList([.service(view.service(number, ports: ports, isSource: isSource))]))
  }

  /// `ct state` and `ct status`: bits of which one, or all, must be there.
  private func connection(
    _ field: NFTField, _ right: JSONValue, operation: String
  ) -> [Clause] {
    let values = NFTValues(right, context: self)
    if let missing = values.missing { return doubt(missing) }
    guard !values.isDynamic else { return doubt("connection states in a changing set") }
    let words = values.items.flatMap { item -> [String] in
      let plain = Self.plain(item)
      if let flags = plain["|"] { return Self.flags(flags) }
      if let text = plain.scalarText { return [text] }
      return plain.count == 0 ? ["?"] : plain.elements.map { $0.scalarText ?? "?" }
    }
    if field == .ctStatus { return status(words, operation: operation) }
    let numbers = [
      "1": "invalid", "2": "established", "4": "related", "8": "new", "64": "untracked",
    ]
    let states = words.map { numbers[$0] ?? $0 }
    let known: Set<String> = ["invalid", "established", "related", "new", "untracked"]
    guard !states.isEmpty, states.allSatisfy(known.contains) else {
      return doubt("connection state `\(words.joined(separator: ", "))`")
    }
    guard let own = view.tracking.state else {
      return require(.unmodelled, "depends on how half-tracked connections are taken")
    }
    if states.contains(own) == (operation == "!=") {
      return [
        .never(
          "for connection state \(operation == "!=" ? "other than " : "")"
            + "\(states.joined(separator: ", ")), and \(view.packet.words) is \(own)")
      ]
    }
    return []
  }

  private func status(_ words: [String], operation: String) -> [Clause] {
    guard let isTracked = view.tracking.isTracked, view.tracking != .pickedUpFromServer,
      operation != "==" || words.count == 1
    else { return doubt("match on `ct status`") }
    guard isTracked else { return [.never("for packets of tracked connections only")] }
    var holds = false
    for word in words {
      switch word {
      // firewalld puts `ct status dnat accept` into every ruleset.
      case "dnat" where !ruleset.translatesDestinations, "snat" where !view.translatesSources,
        "expected", "dying":
        break
      case "seen-reply", "confirmed": holds = holds || view.packet != .first
      default: return doubt("connection status `\(word)`")
      }
    }
    // A status compared with one bit by `==` has others as well once replies were seen.
    if operation == "==", holds { return doubt("match on `ct status`") }
    return holds != (operation == "!=")
      ? [] : [.never("for connection status \(words.joined(separator: ", "))")]
  }

  /// The words of a nested `|` expression.
  private static func flags(_ value: JSONValue) -> [String] {
    value.elements.flatMap { element -> [String] in
      if let inner = element["|"] { return flags(inner) }
      return [element.scalarText ?? "?"]
    }
  }

  private func unknownField(_ left: JSONValue) -> [Clause] {
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

  private static func ports(_ value: JSONValue) -> PortSet? {
    if let range = value["range"] {
      let bounds = range.elements.compactMap { port($0) }
      return bounds.count == 2 && bounds[0] <= bounds[1] ? PortSet(bounds[0]...bounds[1]) : nil
    }
    return port(value).map { PortSet($0) }
  }

  private static func port(_ value: JSONValue) -> UInt16? {
    if let number = value.int { return UInt16(exactly: number) }
    return value.string.flatMap { LinuxNames.port($0) }
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
    IPProtocol.number(of: name == "comp" ? "ipcomp" : name)
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
