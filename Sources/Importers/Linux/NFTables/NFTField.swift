import ImportKit

/// The left side of a match: which property of the packet is looked at.
enum NFTField: Equatable {
  case entering
  case leaving
  case address(AddressFamily, isSource: Bool)
  /// Protocol number, or nil for whatever protocol the packet has.
  case ports(UInt8?, isSource: Bool)
  case transportProtocol
  case networkProtocol
  case ctState
  /// Direction inside a connection.
  case direction
  case destinationType
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
      switch key {
      case "state": self = .ctState
      case "direction": self = .direction
      case "saddr", "ip saddr": self = .address(.ipv4, isSource: true)
      case "daddr", "ip daddr": self = .address(.ipv4, isSource: false)
      case "ip6 saddr": self = .address(.ipv6, isSource: true)
      case "ip6 daddr": self = .address(.ipv6, isSource: false)
      case "protocol": self = .transportProtocol
      default: self = .other("`ct \(key)`")
      }
    } else if let fib = left["fib"] {
      let flags =
        fib["flags"]?.elements.compactMap(\.string) ?? fib["flags"]?.string.map { [$0] } ?? []
      if fib["result"]?.string == "type", flags.contains("daddr") {
        self = .destinationType
      } else if flags.contains("saddr") {
        self = .reversePath
      } else {
        self = .other("`fib`")
      }
    } else {
      return nil
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
    default: .other("`meta \(key)`")
    }
  }

  private static func payload(_ proto: String, _ field: String) -> NFTField {
    switch (proto, field) {
    case ("ip", "saddr"): .address(.ipv4, isSource: true)
    case ("ip", "daddr"): .address(.ipv4, isSource: false)
    case ("ip6", "saddr"): .address(.ipv6, isSource: true)
    case ("ip6", "daddr"): .address(.ipv6, isSource: false)
    case ("ip", "protocol"), ("ip6", "nexthdr"): .transportProtocol
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

/// A test of TCP flags, which the first packet of a connection settles: it has SYN and no other.
struct NFTFlags {
  let holdsForFirstPacket: Bool

  private static let bits: [String: UInt8] = [
    "fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128,
  ]

  /// Nil where the match is about something else, or written in a way that is not known.
  init?(_ left: JSONValue, operation: String, right: JSONValue) {
    var flags = Self.bits["syn"] ?? 0
    if let sides = left["&"]?.elements.map({ $0 }), sides.count == 2 {
      guard Self.isFlags(sides[0]), let mask = Self.value(sides[1]) else { return nil }
      flags &= mask
    } else if !Self.isFlags(left) {
      return nil
    }
    guard let wanted = Self.value(right) else { return nil }
    switch operation {
    case "==": holdsForFirstPacket = flags == wanted
    case "!=": holdsForFirstPacket = flags != wanted
    case "in": holdsForFirstPacket = flags & wanted != 0
    case "<": holdsForFirstPacket = flags < wanted
    case ">": holdsForFirstPacket = flags > wanted
    default: return nil
    }
  }

  private static func isFlags(_ value: JSONValue) -> Bool {
    value["payload"]?["protocol"]?.string == "tcp" && value["payload"]?["field"]?.string == "flags"
  }

  private static func value(_ value: JSONValue) -> UInt8? {
    if let number = value.int { return UInt8(exactly: number) }
    if let name = value.string { return bits[name] }
    let parts = (value["|"] ?? value["set"] ?? value).elements.map { Self.value($0) }
    guard !parts.isEmpty, !parts.contains(nil) else { return nil }
    return parts.reduce(0) { $0 | ($1 ?? 0) }
  }
}
