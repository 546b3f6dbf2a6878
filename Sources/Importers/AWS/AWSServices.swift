import ImportKit

/// Protocol and ports as access lists write them, each known or open.
struct AWSServices {
  let draft: PolicyDraft
  /// The rule, for messages.
  let what: String
  let position: SourcePosition

  /// `-1` is every protocol; ports count for TCP and UDP only.
  ///
  /// - Parameter clients: the ports are those of the client, as for answers.
  func clauses(
    _ word: AWSValue, from low: AWSValue, to high: AWSValue, areSourcePorts: Bool = false
  ) -> [Clause] {
    let number: UInt8?
    var result: [Clause] = []
    switch word {
    case .text(let text) where ["-1", "all"].contains(text.lowercased()): return []
    case .text(let text):
      guard let known = IPProtocol.number(of: text) else {
        return [open("protocol `\(text)` of \(what) is not known")]
          + ports(low, high, nil, areSourcePorts)
      }
      number = known
    case .null: return [open("\(what) has no protocol")] + ports(low, high, nil, areSourcePorts)
    default: return [open("\(what): \(word.missing)")] + ports(low, high, nil, areSourcePorts)
    }
    guard number == Service.tcpNumber || number == Service.udpNumber else {
      return [.service(ServiceList([.service(Service(protocol: number))]))]
    }
    result = ports(low, high, number, areSourcePorts)
    if case .null = low { result.append(open("\(what) has no ports")) }
    return result
  }

  private func open(_ text: String) -> Clause {
    .requires(draft.doubt(.unresolved, text, at: position))
  }

  /// A clause for a range of ports, and one for what is open about it.
  private func ports(
    _ low: AWSValue, _ high: AWSValue, _ number: UInt8?, _ areSourcePorts: Bool
  ) -> [Clause] {
    var set = PortSet.full
    var doubts: [Clause] = []
    if case .text(let text) = low {
      var last = text
      if case .text(let text) = high { last = text }
      if Int(text) == -1 {
        set = .full
      } else if let first = UInt16(text), let end = UInt16(last), first <= end {
        set = PortSet(first...end)
      } else {
        doubts.append(open("ports \(text)-\(last) of \(what) are not readable"))
      }
    } else if case .null = low {
    } else {
      doubts.append(open("\(what): \(low.missing)"))
    }
    switch high {
    case .null, .text: break
    default:
      doubts.append(open("\(what): \(high.missing)"))
      set = .full
    }
    if areSourcePorts { set = clientPorts(set) }
    if number == nil && set.isFull { return doubts }
    let service =
      areSourcePorts
      ? Service(protocol: number, sourcePorts: set)
      : Service(protocol: number, destinationPorts: set)
    return [.service(ServiceList([.service(service)]))] + doubts
  }

  /// The ports of clients are taken for those that Windows uses, 49152 to 65535 (learn.microsoft.com,
  /// "Default dynamic port range for TCP/IP"): a range that holds all of them is every port.
  private func clientPorts(_ set: PortSet) -> PortSet {
    let windows = PortSet(49152...65535)
    if set.isFull { return set }
    draft.note(
      .reading,
      "clients are taken to open connections from the ports of Windows, 49152 to 65535; the ranges "
        + "of inbound rules are judged by these")
    return windows.subtracting(set).isEmpty ? .full : set.intersection(windows)
  }
}
