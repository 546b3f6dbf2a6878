import ImportKit

/// The left side of a match: which property of the packet is looked at.
enum NFTField: Equatable {
  case entering
  case leaving
  case address(AddressFamily, isSource: Bool)
  /// Protocol number, or nil for whatever protocol the packet has.
  case ports(UInt8?, isSource: Bool)
  case transportProtocol
  /// The protocol number as a header of one family has it, so that no packet of the other matches.
  case headerProtocol(AddressFamily)
  case networkProtocol
  case ctState
  /// Direction inside a connection.
  case direction
  case ctStatus
  /// Of the connection's addresses, seen from the side that began; ports likewise.
  case connectionAddress(AddressFamily?, isClient: Bool)
  case connectionPorts(isClient: Bool)
  case mark(NFMarkKind)
  case addressType(isSource: Bool)
  /// By which interface packets to the source go: the one they came by, as addresses are taken to
  /// be genuine.
  case reversePath
  /// Owner of the socket.
  case user
  case time
  /// A header that TCP packets do not have.
  case notTCP(String)
  /// Something that the ruleset alone does not decide, by its name.
  case other(String)

  /// Nil for expressions that are not a single field.
  init?(_ left: JSONValue) {
    if let meta = left["meta"], let key = meta["key"]?.string {
      self = Self.meta(key)
    } else if let payload = left["payload"], let proto = payload["protocol"]?.string,
      let field = payload["field"]?.string
    {
      self = Self.payload(proto, field)
    } else if let ct = left["ct"], let key = ct["key"]?.string {
      self = Self.connection(key, isReply: ct["dir"]?.string.map { $0 == "reply" })
    } else if let fib = left["fib"] {
      let flags =
        fib["flags"]?.elements.compactMap(\.string) ?? fib["flags"]?.string.map { [$0] } ?? []
      let known = Set(flags).isSubset(of: ["saddr", "daddr", "iif", "oif"])
      switch fib["result"]?.string {
      case "type" where known && flags.contains("daddr") != flags.contains("saddr"):
        self = .addressType(isSource: flags.contains("saddr"))
      case "oif" where known && flags.contains("saddr") && !flags.contains("daddr"),
        "oifname" where known && flags.contains("saddr") && !flags.contains("daddr"):
        self = .reversePath
      default: self = .other("`fib \(flags.joined(separator: " . "))`")
      }
    } else {
      return nil
    }
  }

  /// Without a direction the names are those of the connection's first packet.
  private static func connection(_ key: String, isReply: Bool?) -> NFTField {
    let reply = isReply == true
    switch key {
    case "state": return .ctState
    case "direction": return .direction
    case "status": return .ctStatus
    case "mark": return .mark(.connection)
    case "protocol", "l4proto": return .transportProtocol
    case "saddr": return .connectionAddress(nil, isClient: !reply)
    case "daddr": return .connectionAddress(nil, isClient: reply)
    case "ip saddr": return .connectionAddress(.ipv4, isClient: !reply)
    case "ip daddr": return .connectionAddress(.ipv4, isClient: reply)
    case "ip6 saddr": return .connectionAddress(.ipv6, isClient: !reply)
    case "ip6 daddr": return .connectionAddress(.ipv6, isClient: reply)
    case "proto-src": return .connectionPorts(isClient: !reply)
    case "proto-dst": return .connectionPorts(isClient: reply)
    default: return .other("`ct \(key)`")
    }
  }

  private static func meta(_ key: String) -> NFTField {
    switch key {
    case "iif", "iifname", "ibrname", "sdifname", "sdif": .entering
    case "oif", "oifname", "obrname": .leaving
    case "l4proto": .transportProtocol
    case "protocol", "nfproto": .networkProtocol
    case "skuid", "skgid": .user
    case "time", "day", "hour": .time
    case "mark": .mark(.packet)
    default: .other("`meta \(key)`")
    }
  }

  private static func payload(_ proto: String, _ field: String) -> NFTField {
    switch (proto, field) {
    case ("ip", "saddr"): .address(.ipv4, isSource: true)
    case ("ip", "daddr"): .address(.ipv4, isSource: false)
    case ("ip6", "saddr"): .address(.ipv6, isSource: true)
    case ("ip6", "daddr"): .address(.ipv6, isSource: false)
    case ("ip", "protocol"): .headerProtocol(.ipv4)
    case ("ip6", "nexthdr"): .headerProtocol(.ipv6)
    case ("tcp", "dport"): .ports(6, isSource: false)
    case ("tcp", "sport"): .ports(6, isSource: true)
    case ("udp", "dport"), ("udplite", "dport"): .ports(17, isSource: false)
    case ("udp", "sport"), ("udplite", "sport"): .ports(17, isSource: true)
    case ("sctp", "dport"): .ports(132, isSource: false)
    case ("sctp", "sport"): .ports(132, isSource: true)
    case ("dccp", "dport"): .ports(33, isSource: false)
    case ("dccp", "sport"): .ports(33, isSource: true)
    case ("th", "dport"): .ports(nil, isSource: false)
    case ("th", "sport"): .ports(nil, isSource: true)
    case ("icmp", _), ("icmpv6", _), ("igmp", _), ("udp", _), ("sctp", _), ("arp", _):
      .notTCP("`\(proto) \(field)`")
    default: .other("`\(proto) \(field)`")
    }
  }
}

/// A test of TCP flags, which every packet of a connection settles.
struct NFTFlags {
  private let mask: UInt8
  private let operation: String
  private let wanted: UInt8

  private static let bits: [String: UInt8] = [
    "fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128,
  ]

  /// Nil where the match is about something else, or written in a way that is not known.
  init?(_ left: JSONValue, operation: String, right: JSONValue) {
    if let sides = left["&"]?.elements.map({ $0 }), sides.count == 2 {
      guard Self.isFlags(sides[0]), let mask = Self.value(sides[1]) else { return nil }
      self.mask = mask
    } else if Self.isFlags(left) {
      mask = .max
    } else {
      return nil
    }
    guard let wanted = Self.value(right), ["==", "!=", "in", "<", ">"].contains(operation) else {
      return nil
    }
    // A set of values asks for one of them, a list of names for any of the flags.
    if right["set"] != nil, operation != "in" { return nil }
    self.wanted = wanted
    self.operation = operation
  }

  func holds(for packet: NFPacket) -> Bool {
    let flags = packet.flags & mask
    switch operation {
    case "==": return flags == wanted
    case "!=": return flags != wanted
    case "in": return flags & wanted != 0
    case "<": return flags < wanted
    default: return flags > wanted
    }
  }

  /// Whether the test tells data from an acknowledgement.
  var tellsPacketsApart: Bool {
    holds(for: .toServer) != holds(for: .acknowledgement)
  }

  private static func isFlags(_ value: JSONValue) -> Bool {
    value["payload"]?["protocol"]?.string == "tcp" && value["payload"]?["field"]?.string == "flags"
  }

  private static func value(_ value: JSONValue) -> UInt8? {
    if let number = value.int { return UInt8(exactly: number) }
    if let name = value.string { return bits[name] }
    let parts = (value["|"] ?? value).elements.map { Self.value($0) }
    guard !parts.isEmpty, !parts.contains(nil) else { return nil }
    return parts.reduce(0) { $0 | ($1 ?? 0) }
  }
}
