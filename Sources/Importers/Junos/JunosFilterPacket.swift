import ImportKit

/// Which packets of a connection a filter sees, and on which side of the device.
///
/// A stateless filter judges each packet by itself, so the first packet of a client, the answer and
/// what follows pass it one by one. Everything is written from the client's view: what the server
/// sends enters by the server's interface and leaves by the client's.
struct JunosFilterPacket: Hashable {
  let phase: Phase
  /// Whether the filter sees packets that enter by its interface, or those that leave by it.
  let isInput: Bool

  /// Whether the interface is the client's.
  var isOnClientSide: Bool { isInput != phase.isFromServer }

  func binding(_ zone: String) -> Clause {
    isOnClientSide ? .from(ZoneList([zone])) : .to(ZoneList([zone]))
  }

  /// Whether the packet has a TCP flag: SYN alone opens a connection, the answer has SYN and ACK, and
  /// everything later has ACK.
  func has(_ flag: String) -> Truth {
    switch flag {
    case "syn": Truth(phase == .firstPacket || phase == .answer)
    case "ack": Truth(phase != .firstPacket)
    case "rst", "urgent": .no
    case "fin", "push":
      phase == .dataToServer || phase == .dataFromServer ? .perhaps : .no
    default: .perhaps
    }
  }

  /// "tcp-established: a packet with ACK or RST; tcp-initial: SYN without ACK". Source: juniper.net,
  /// "Firewall Filter Match Conditions for IPv4 Traffic".
  var isEstablished: Truth { has("ack") }
  var isInitial: Truth { Truth(phase == .firstPacket) }

  /// What a `tcp-flags` expression says of the packet: names joined by `&` or `|`, each perhaps with
  /// `!`; `perhaps` for anything else, such as mixed operators.
  func flags(_ text: String) -> Truth {
    let bare = text.lowercased().filter { !"() \"".contains($0) }
    let isAny = bare.contains("|")
    if isAny, bare.contains("&") || bare.contains(",") { return .perhaps }
    let parts = bare.split(omittingEmptySubsequences: false) { $0 == "|" || $0 == "&" || $0 == "," }
    var result: Truth = isAny ? .no : .yes
    for part in parts {
      let isNot = part.hasPrefix("!")
      let value = has(String(isNot ? part.dropFirst() : part))
      let own = isNot ? !value : value
      result = isAny ? result || own : result && own
    }
    return result
  }
}
